# What became of a job. DIRECTORY, JOB: as for start.sh.
# Prints one of
#   absent
#   running LOG-BYTES
#   exited STATUS FREE-BYTES LOG-BYTES    then the outputs
#   lost reboot|killed LOG-BYTES
set -eu
cd "$DIRECTORY/jobs/$JOB" 2>/dev/null || {
  echo absent
  exit 0
}
[ -e pid ] || {
  echo absent
  exit 0
}
read -r pid start boot <./pid

wrapper_lives() {
  [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] || return 1
  fields=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086 # the fields of proc(5) from the third on
  set -- $fields
  [ "${20:-}" = "$start" ] && [ "$1" != Z ] && [ "$1" != X ]
}

# Asked first: what lives now may have left its status when that is looked for.
lives=no
if wrapper_lives; then lives=yes; fi
if [ -e status ]; then
  read -r code free <status
  printf 'exited %s %s %s\n' "$code" "$free" "$(stat -c %s log)"
  cat outputs
elif [ "$lives" = yes ]; then
  printf 'running %s\n' "$(stat -c %s log)"
elif [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ]; then
  printf 'lost killed %s\n' "$(stat -c %s log)"
else
  printf 'lost reboot %s\n' "$(stat -c %s log)"
fi
