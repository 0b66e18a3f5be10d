# Takes the lease of a host: on one physical host only one trial runs at a time.
# mkdir is the lock; there is no heartbeat and no expiry.
#
# STATE     our directory on the host
# RUN       the run that wants it
# OWNER     who that is, for people
# TAKE      yes: take over a lease that somebody else holds (the user said so)
# Prints: acquired, or: held RUN BOOT JOB OWNER
#   BOOT  same | other: whether the host was booted since
#   JOB   alive | dead | unknown: whether the job that was measured runs on this machine
set -eu
umask 077
lease="$STATE/lease"
boot_id=$(cat /proc/sys/kernel/random/boot_id)

write() {
    printf '%s\n' "$RUN" >"$lease/run"
    printf '%s\n' "$OWNER" >"$lease/owner"
    printf '%s\n' "$boot_id" >"$lease/boot_id"
    rm -f "$lease/job"
    echo acquired
}

# The holder wrote "pid starttime" once its job ran on this very machine.
job_state() {
    [ -f "$lease/job" ] || { echo unknown; return; }
    read -r pid started <"$lease/job" || { echo unknown; return; }
    [ -r "/proc/$pid/stat" ] || { echo dead; return; }
    # shellcheck disable=SC2046 # the fields of /proc/PID/stat after the name
    set -- $(sed 's/.*) //' "/proc/$pid/stat")
    if [ "${20}" = "$started" ]; then echo alive; else echo dead; fi
}

if mkdir "$lease" 2>/dev/null; then
    write
    exit 0
fi
holder=$(cat "$lease/run" 2>/dev/null || :)
if [ "$holder" = "$RUN" ] || [ "$TAKE" = yes ]; then
    write
    exit 0
fi
boot=other
[ "$(cat "$lease/boot_id" 2>/dev/null || :)" != "$boot_id" ] || boot=same
job=$(job_state)
[ "$boot" = same ] || job=dead
printf 'held %s %s %s %s\n' "${holder:-?}" "$boot" "$job" "$(cat "$lease/owner" 2>/dev/null || echo '?')"
