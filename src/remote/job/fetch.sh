# Sends LENGTH bytes of a job's log from byte OFFSET on. DIRECTORY, JOB: as for start.sh.
set -eu
cd "$DIRECTORY/jobs/$JOB"
tail -c "+$((OFFSET + 1))" log | head -c "$LENGTH"
