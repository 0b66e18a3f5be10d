# A job that prints LINES lines, one every PAUSE seconds.
set -eu
while [ "$LINES" -gt 0 ]; do
  date
  LINES=$((LINES - 1))
  sleep "$PAUSE"
done
