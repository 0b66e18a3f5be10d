# Notes that a job's log is on the controller: nothing is lost when `clean` removes the job.
#
# STATE    our directory on this machine
# JOB      name of the job's directory
set -eu
[ -d "$STATE/jobs/$JOB" ] || exit 0
: >"$STATE/jobs/$JOB/fetched"
