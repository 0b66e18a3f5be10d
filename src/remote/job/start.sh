# Starts a job once: a script, detached in a session of its own, that outlives the connection.
# DIRECTORY  our directory on the machine
# JOB        name of the job's directory in DIRECTORY/jobs
# SIZE       bytes of the script on standard input
# WRAPPER    text of wrapper.sh
#
# Prints "started PID STARTTIME BOOT_ID", or "exists PID STARTTIME BOOT_ID" where the job was started before.
# A start that was interrupted left a directory without `pid`; starting again repairs it. A `pid` that a power cut
# damaged is one of an earlier boot: "exists 0 0" and a boot id of zeros.
set -eu
umask 077
JOB_DIR=$DIRECTORY/jobs/$JOB
OUTPUTS=$JOB_DIR/outputs
mkdir -p "$JOB_DIR"
cd "$JOB_DIR"
if [ -e pid ]; then
  known=$(cat pid)
  case $known in
    [1-9]*\ [0-9]*\ ????????-????-????-????-????????????) ;;
    *) known='0 0 00000000-0000-0000-0000-000000000000' ;;
  esac
  printf 'exists %s\n' "$known"
  exit 0
fi

new=$(mktemp script.XXXXXX)
cat >"$new"
if [ "$(stat -c %s "$new")" -ne "$SIZE" ]; then
  rm -f "$new"
  echo 'the script was cut short' >&2
  exit 1
fi
mv -f "$new" script
new=$(mktemp wrapper.XXXXXX)
printf '%s\n' "$WRAPPER" | cat >"$new"
mv -f "$new" wrapper
: >>log
: >>outputs
[ -p alive ] || mkfifo alive || [ -p alive ]

unset DIRECTORY JOB SIZE WRAPPER new
export JOB_DIR OUTPUTS
# The wrapper closes its outputs when it has answered: no waiting for a file to appear.
# Not a group leader, so setsid need not fork.
answer=$(setsid sh ./wrapper </dev/null 2>&1 &)
case $answer in
  started\ * | exists\ *) printf '%s\n' "$answer" ;;
  *)
    printf '%s\n' "$answer" >&2
    exit 1
    ;;
esac
