# Takes the lease of a host: on one physical host only one trial runs at a time.
# A directory is the lock; it comes whole, by a rename. There is no heartbeat and no expiry.
#
# STATE     our directory on the host
# RUN       the run that wants it; empty: only look who has it
# OWNER     who that is, for people
# TAKE      yes: take over a lease that somebody else holds (the user said so)
# Prints: acquired, or: free, or: held RUN BOOT JOB OWNER
#   BOOT  same | other: whether the host was booted since
#   JOB   alive | dead | unknown: whether the job that was measured runs on this machine
set -eu
umask 077
lease="$STATE/lease"
boot_id=$(cat /proc/sys/kernel/random/boot_id)

# The holder wrote "pid starttime" once its job ran on this very machine.
job_state() {
    [ -f "$lease/job" ] || { echo unknown; return; }
    read -r pid started <"$lease/job" || { echo unknown; return; }
    [ -r "/proc/$pid/stat" ] || { echo dead; return; }
    # shellcheck disable=SC2046 # the fields of /proc/PID/stat after the name
    set -- $(sed 's/.*) //' "/proc/$pid/stat")
    if [ "${20}" = "$started" ] && [ "$1" != Z ]; then echo alive; else echo dead; fi
}

held() {
    boot=other
    [ "$(cat "$lease/boot_id" 2>/dev/null || :)" != "$boot_id" ] || boot=same
    job=$(job_state)
    [ "$boot" = same ] || job=dead
    holder=$(cat "$lease/run" 2>/dev/null || :)
    printf 'held %s %s %s %s\n' "${holder:-?}" "$boot" "$job" "$(cat "$lease/owner" 2>/dev/null || echo '?')"
}

if [ -z "$RUN" ]; then
    if [ -d "$lease" ]; then held; else echo free; fi
    exit 0
fi

if [ -d "$lease" ]; then
    if [ "$(cat "$lease/run" 2>/dev/null || :)" = "$RUN" ]; then
        # Ours already, perhaps from before a reboot.
        if [ "$(cat "$lease/boot_id" 2>/dev/null || :)" != "$boot_id" ]; then
            rm -f "$lease/job"
            printf '%s\n' "$boot_id" | cat >"$lease/boot_id"
        fi
        echo acquired
        exit 0
    fi
    if [ "$TAKE" != yes ]; then
        held
        exit 0
    fi
    # Of two who take it over at once one moves it away.
    mv "$lease" "$STATE/lease.taken.$$"
    rm -rf "$STATE/lease.taken.$$"
fi

# Written through cat, whose message names a full disk; the shell's own does not.
fresh="$STATE/lease.new.$$"
trap 'rm -rf "$fresh"' EXIT
mkdir "$fresh"
printf '%s\n' "$RUN" | cat >"$fresh/run"
printf '%s\n' "$OWNER" | cat >"$fresh/owner"
printf '%s\n' "$boot_id" | cat >"$fresh/boot_id"
# With -T a lease that somebody made meanwhile is not replaced, nor does it swallow ours.
if mv -T "$fresh" "$lease" 2>/dev/null; then
    echo acquired
elif [ -d "$lease" ]; then
    held
else
    mv -T "$fresh" "$lease"
fi
