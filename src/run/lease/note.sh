# Notes in the lease which process on this host is measured, or that none is for now.
#
# STATE    our directory on the host
# RUN      the run that holds the lease
# PID      process id of the job; 0: none
set -eu
lease="$STATE/lease"
[ "$(cat "$lease/run" 2>/dev/null || :)" = "$RUN" ] || exit 0
if [ "$PID" = 0 ]; then
    rm -f "$lease/job"
    exit 0
fi
[ -r "/proc/$PID/stat" ] || exit 0
# shellcheck disable=SC2046 # the fields of /proc/PID/stat after the name
set -- $(sed 's/.*) //' "/proc/$PID/stat")
printf '%s %s\n' "$PID" "${20}" >"$lease/job"
