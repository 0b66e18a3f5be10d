# Removes what a job left. DIRECTORY, JOB: as for start.sh. Its wrapper must have ended: prints "running" where it has not.
set -eu
cd "$DIRECTORY/jobs" 2>/dev/null || exit 0
[ -e "$JOB/pid" ] || {
  rm -rf -- "$JOB"
  exit 0
}
pid='' start='' boot=''
read -r pid start boot <"$JOB/pid" || :

wrapper_lives() {
  [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 1
  fields=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086 # the fields of proc(5) from the third on
  set -- $fields
  [ "${20:-}" = "$start" ] && [ "$1" != Z ] && [ "$1" != X ]
}

# With a status it is as good as over, though it may not have ended yet.
if [ ! -e "$JOB/status" ] && wrapper_lives; then
  echo running
  exit 0
fi
rm -rf -- "$JOB"
