# Ends the processes of a job: TERM to the script's process group, after GRACE seconds KILL. Fails where that does not
# end them. DIRECTORY, JOB: as for start.sh. The wrapper gets no signal: it lives on until it has written the exit
# status. Where it was killed, the script's group is ended all the same.
# Children that made a session of their own are not in the group and stay.
set -eu
cd "$DIRECTORY/jobs/$JOB" 2>/dev/null || exit 0
[ -e pid ] || exit 0
pid='' wrapper_start='' boot=''
read -r pid wrapper_start boot <./pid || :
[ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] || exit 0

wrapper_lives() {
  fields=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086 # the fields of proc(5) from the third on
  set -- $fields
  [ "${20:-}" = "$wrapper_start" ] && [ "$1" != Z ] && [ "$1" != X ]
}

# The job has only just begun.
tenths=50
while [ ! -e group ] && [ ! -e status ]; do
  if [ "$tenths" -eq 0 ]; then
    # Without a group there was no script, and without a wrapper there will be none.
    wrapper_lives || exit 0
    echo 'the job was started, but its script does not begin' >&2
    exit 1
  fi
  sleep 0.1
  tenths=$((tenths - 1))
done
[ -e group ] || exit 0
read -r leader start <group

# A number is not given to a new process while a group of that number exists: a leader with another start time means
# that the job's group is gone, no leader means that the group, if there is one, is the job's.
if [ -e "/proc/$leader/stat" ]; then
  now=$(sed 's/.*) //' "/proc/$leader/stat" | cut -d ' ' -f 20) || now=
  [ -z "$now" ] || [ "$now" = "$start" ] || exit 0
fi

# dash knows `kill -s TERM --` only.
send() {
  kill -s "$1" -- "-$leader" 2>/dev/null || :
}

# By the states in /proc/PID/stat (proc(5): state, parent, group): what is over but not collected takes signals, too,
# and what another user runs takes none of ours.
group_lives() {
  cat /proc/[0-9]*/stat 2>/dev/null | sed -n 's/^.*) [^ZXx] [0-9]* \([0-9]*\) .*/\1/p' | grep -qxF -- "$leader"
}

# Waits for its end, $1 tenths of a second.
group_ends() {
  tenths=$1
  while group_lives; do
    [ "$tenths" -gt 0 ] || return 1
    sleep 0.1
    tenths=$((tenths - 1))
  done
}

if group_lives; then
  send TERM
  if ! group_ends $((GRACE * 10)); then
    send KILL
    # A large heap takes its time to be taken down.
    if ! group_ends 300; then
      echo "process group $leader lives on after KILL" >&2
      exit 1
    fi
  fi
fi
# The wrapper writes the exit status, then lets go of this.
exec 4<>alive
exec 5<./alive 4>&-
timeout 10 cat <&5 >/dev/null || :
