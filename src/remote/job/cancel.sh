# Ends the processes of a job: TERM to the script's process group, after GRACE seconds KILL.
# DIRECTORY, JOB: as for start.sh. The wrapper lives on until it has written the exit status.
# Children that made a session of their own are not in the group and stay.
set -eu
cd "$DIRECTORY/jobs/$JOB" 2>/dev/null || exit 0
[ -e pid ] && [ -e group ] || exit 0
read -r _ _ boot <pid
[ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] || exit 0
read -r leader start <group

# A number is not given to a new process while a group of that number exists: a leader with another start time means
# that the job's group is gone, no leader means that the group, if there is one, is the job's.
if [ -e "/proc/$leader/stat" ]; then
  now=$(sed 's/.*) //' "/proc/$leader/stat" | cut -d ' ' -f 20) || now=
  [ -z "$now" ] || [ "$now" = "$start" ] || exit 0
fi

# dash knows `kill -s TERM --` only.
send() {
  kill -s "$1" -- "-$leader" 2>/dev/null
}

if send TERM; then
  tenths=$((GRACE * 10))
  while [ "$tenths" -gt 0 ] && send 0; do
    sleep 0.1
    tenths=$((tenths - 1))
  done
  send KILL || :
fi
# The wrapper writes the exit status, then lets go of this.
exec 4<>alive
exec 5<./alive 4>&-
timeout 10 cat <&5 >/dev/null || :
