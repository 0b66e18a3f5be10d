# Notes in the lease which process on this host is measured.
#
# STATE    our directory on the host
# RUN      the run that holds the lease
# PID      process id of the job
set -eu
lease="$STATE/lease"
[ "$(cat "$lease/run" 2>/dev/null || :)" = "$RUN" ] || exit 0
[ -r "/proc/$PID/stat" ] || exit 0
# shellcheck disable=SC2046 # the fields of /proc/PID/stat after the name
set -- $(sed 's/.*) //' "/proc/$PID/stat")
printf '%s %s\n' "$PID" "${20}" >"$lease/job"
