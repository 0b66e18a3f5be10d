# Gives the lease of a host back.
#
# STATE    our directory on the host
# RUN      the run that held it; another run's lease stays. Empty: whoever held it
# FORCE    yes: also where the measured job may still run; matters only for an empty RUN
# Prints: released, or: free, or: kept RUN (it is another run's, or may be in use)
set -eu
lease="$STATE/lease"
[ -d "$lease" ] || { echo free; exit 0; }
holder=$(cat "$lease/run" 2>/dev/null || :)

job_is_dead() {
    [ "$(cat "$lease/boot_id" 2>/dev/null || :)" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 0
    [ -f "$lease/job" ] || return 1
    read -r pid started <"$lease/job" || return 1
    [ -r "/proc/$pid/stat" ] || return 0
    # shellcheck disable=SC2046 # the fields of /proc/PID/stat after the name
    set -- $(sed 's/.*) //' "/proc/$pid/stat")
    [ "${20}" != "$started" ]
}

if [ -n "$RUN" ]; then
    [ "$holder" = "$RUN" ] || { echo "kept ${holder:-?}"; exit 0; }
elif [ "$FORCE" != yes ] && ! job_is_dead; then
    echo "kept ${holder:-?}"
    exit 0
fi
rm -rf "$lease"
echo released
