# What became of a job. DIRECTORY, JOB: as for start.sh.
# Prints one of
#   absent
#   running LOG-BYTES
#   exited STATUS FREE-BYTES LOG-BYTES    then the outputs, at most 1 MB of them
#   lost reboot|killed LOG-BYTES
# A power cut may leave any file empty or damaged: then the job is lost, by a reboot.
set -eu
cd "$DIRECTORY/jobs/$JOB" 2>/dev/null || {
  echo absent
  exit 0
}
[ -e pid ] || {
  echo absent
  exit 0
}
pid='' start='' boot=''
read -r pid start boot <./pid || :
this_boot=$(cat /proc/sys/kernel/random/boot_id)

wrapper_lives() {
  [ "$boot" = "$this_boot" ] || return 1
  fields=$(sed 's/.*) //' "/proc/$pid/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086 # the fields of proc(5) from the third on
  set -- $fields
  [ "${20:-}" = "$start" ] && [ "$1" != Z ] && [ "$1" != X ]
}

# Whether the script was ended by a machine that goes, or went, down (told: see wrapper.sh).
ended_by_shutdown() {
  [ "$told" = told ] || return 1
  [ "$boot" != "$this_boot" ] || [ "$(timeout 5 systemctl is-system-running 2>/dev/null)" = stopping ]
}

# Asked first: what lives now may have left its status when that is looked for.
lives=no
if wrapper_lives; then lives=yes; fi
code='' free='' told=''
if [ -e status ]; then read -r code free told <status || :; fi
case $code,$free in
  *[!0-9,]* | ,* | *,) code='' ;;
esac
bytes=$(stat -c %s log 2>/dev/null) || bytes=0

if [ -n "$code" ] && ! ended_by_shutdown; then
  printf 'exited %s %s %s\n' "$code" "$free" "$bytes"
  head -c 1000000 outputs 2>/dev/null || :
elif [ "$lives" = yes ] && [ -z "$code" ]; then
  printf 'running %s\n' "$bytes"
elif [ "$boot" = "$this_boot" ] && [ -z "$code" ]; then
  printf 'lost killed %s\n' "$bytes"
else
  printf 'lost reboot %s\n' "$bytes"
fi
