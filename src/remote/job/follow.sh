# Sends the log of a running job from a byte on, as it grows, until the job is over or the channel closes.
# DIRECTORY, JOB  as for start.sh
# OFFSET          bytes that are there already
#
# Nothing here polls: GNU tail sleeps in inotify (busybox's looks once a second), the shells in reads.
# What was written last may be missing when this ends: fetch.sh brings the rest.
set -eu
cd "$DIRECTORY/jobs/$JOB"
log=$DIRECTORY/jobs/$JOB/log
# tail takes a log that is shorter than it thinks for a truncated one, and begins again.
if [ "$(stat -c %s log)" -lt "$OFFSET" ]; then
  echo 'the log is shorter than what was read of it' >&2
  exit 1
fi

# Opening a FIFO waits for a writer; 4 is one for that moment. Then 5 ends when the wrapper does, or at once.
# 3: background processes get /dev/null as standard input.
exec 3<&0 4<>alive
exec 5<./alive 4>&-
tail -c "+$((OFFSET + 1))" -f "$log" </dev/null 3<&- 5<&- &
tail=$!

# Ends tail, unless its number is another's by now: it is a child of this shell (perhaps not yet tail), or it is tail
# and somebody killed this shell.
end_tail() {
  parent=$(sed 's/.*) . //; s/ .*//' "/proc/$tail/stat") || return 0
  if [ "$parent" = "$$" ] || tr '\0' '\n' <"/proc/$tail/cmdline" | grep -qxF -- "$log"; then kill "$tail"; fi
}

# The job is over.
(
  read -r _ || :
  end_tail
) <&5 3<&- >/dev/null 2>&1 &
job_over=$!
# The channel is closed: its other end never writes.
(
  read -r _ || :
  end_tail
) <&3 5<&- >/dev/null 2>&1 &
channel_closed=$!
wait "$tail" 2>/dev/null || :
kill "$job_over" "$channel_closed" 2>/dev/null || :
