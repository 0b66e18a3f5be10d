# Removes what a job left. DIRECTORY, JOB: as for start.sh. Its wrapper must have ended: prints "running" where it has not.
set -eu
cd "$DIRECTORY/jobs" 2>/dev/null || exit 0
[ -e "$JOB/pid" ] || {
  rm -rf -- "$JOB"
  exit 0
}
read -r pid start boot <"$JOB/pid"
# With a status it is as good as over, though init may not have collected it yet.
if [ ! -e "$JOB/status" ] && [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ]; then
  now=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null | cut -d ' ' -f 20) || now=
  if [ "$now" = "$start" ]; then
    echo running
    exit 0
  fi
fi
rm -rf -- "$JOB"
