# Runs a job's script to its end and keeps its exit status. Started by start.sh, in a session of its own, in the job's
# directory; JOB_DIR and OUTPUTS are in the environment. What it leaves there:
#   pid    "PID STARTTIME BOOT_ID" of this process; made once, by whoever comes first
#   group  "PID STARTTIME" of the script's process, leader of its process group and session; written by that process
#          before it becomes the script, so that no script runs whose group is not known
#   alive  a FIFO that this process alone holds open: its end of file says that the job is over, however this process ended
#   log    what the script printed;  outputs  what it appended to $OUTPUTS
#   status "STATUS FREE-BYTES" at the end; with a third word, "told", where a signal ended the script and this process
#          was told to end as well, as all are in a shutdown. cancel.sh signals the script's group only.
set -eu

# Field 22 of /proc/PID/stat (proc(5)): clock ticks after boot. The name in field 2 may hold anything, parentheses too.
started() {
  sed 's/.*) //' "/proc/$1/stat" | cut -d ' ' -f 20
}

# A full disk must not lose the exit status: the files are made now and written over later.
# Through cat, which says what is wrong with the disk; dash's printf does not.
printf '%64s\n' '' | cat >"status.$$"
printf '%64s\n' '' | cat >"group.$$"
printf '%s %s %s\n' "$$" "$(started $$)" "$(cat /proc/sys/kernel/random/boot_id)" | cat >"pid.$$"
# After a power cut the name could be there without the content.
sync "pid.$$" 2>/dev/null || :
# A hard link is made once, with its content.
if ! ln "pid.$$" pid 2>/dev/null; then
  rm -f "status.$$" "group.$$" "pid.$$"
  printf 'exists %s\n' "$(cat pid)"
  exit 0
fi
rm -f "pid.$$"
exec 9<>alive

# Survives what ends the script (a shutdown sends TERM to all). Caught signals are back to default in the script,
# ignored ones are not: HUP stays ignored.
trap '' HUP
told=
trap 'told=told' TERM INT
# Where sh is bash, it tells on standard error of a child that a signal ended: not into our answer.
exec 2>/dev/null
# shellcheck disable=SC2016 # the inner shell expands them
setsid sh -c '
  set -eu
  start=$(sed "s/.*) //" "/proc/$$/stat" | cut -d " " -f 20)
  printf "%s %s\n" "$$" "$start" 1<>"$1"
  mv -f "$1" group
  exec sh ./script
' sh "group.$$" </dev/null >>log 2>&1 9>&- &
child=$!
printf 'started %s\n' "$(cat pid)"
exec >/dev/null

while :; do
  code=0
  wait "$child" || code=$?
  # A signal to us interrupts waiting; then the script is still there, at least as a zombie.
  if [ "$code" -le 128 ] || ! kill -s 0 "$child" 2>/dev/null; then break; fi
done

# To root the reserved blocks are free too.
free='%a %S'
if [ "$(id -u)" = 0 ]; then free='%f %S'; fi
# shellcheck disable=SC2046 # two numbers
set -- $(stat -f -c "$free" . || echo '0 0')
# The log before the status: after a crash no status stands beside half a log. Old versions of sync take no file.
sync log outputs "status.$$" 2>/dev/null || :
# Looked at last: a shutdown may tell the script a little before us.
if [ "$code" -le 128 ]; then told=; fi
printf '%s %s %s\n' "$code" "$(($1 * $2))" "$told" 1<>"status.$$"
sync "status.$$" 2>/dev/null || :
mv -f "status.$$" status
