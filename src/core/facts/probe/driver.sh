# Asks one machine everything in one round trip. Read-only: writes no file, starts nothing that stays.
#
# Parameters
#   NONCE            word that starts every line of the frame on standard output
#   FACTS            names of what to ask, separated by blanks; the text of each is in ASK_<name>
#   DOMAIN           libvirt domain of the inventory, or empty
#   RECORD_COUNT     number of extra commands of the inventory, in RECORD_1, RECORD_2 ...
#   LIMIT_SECONDS    how long one command may take
#
# Frame (lengths in bytes): "NONCE begin 1", then for each command "NONCE errors LENGTH", its standard
# error, "NONCE capture LENGTH STATUS LENGTH", its command line and standard output, and last "NONCE end".
# Answers are kept in variables and not in files, so that a full disk is no obstacle; the shell drops NUL bytes.
#
# What the texts in ASK_<name> may use; each of these leaves STATUS and ANSWER (standard output):
#   ask CMD ARGS...      run a command
#   ask_line LINE        run a line of shell, as typed
#   look FILE...         cat, one capture per file
#   gather PATTERN...    all files of the patterns in one capture, as "grep -H '' PATTERN..."
set -eu
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset POSIXLY_CORRECT GREP_OPTIONS GREP_COLORS

# Frames leave through 4, whatever a command does to its own standard output.
exec 4>&1

if timeout -k 1 "$LIMIT_SECONDS" true 2>/dev/null; then
  limited() { timeout -k 1 "$LIMIT_SECONDS" "$@"; }
else
  limited() { "$@"; }
fi

# frame COMMAND: writes ANSWER and STATUS as the answer to COMMAND; its errors must have been written.
frame() {
  printf '%s capture %d %d %d\n%s%s\n' "$NONCE" "${#1}" "$STATUS" "${#ANSWER}" "$1" "$ANSWER" >&4
}

# absent COMMAND STATUS ERRORS: records what was not even started.
absent() {
  ANSWER=''
  STATUS=$2
  printf '%s errors %d\n%s\n' "$NONCE" "${#3}" "$3" >&4
  frame "$1"
}

# capture COMMAND PROGRAM ARGS...: runs the program and records it as COMMAND. The dot with the status at
# the end of each text keeps its trailing newlines, which a command substitution would strip.
capture() {
  command_line=$1
  shift
  ANSWER=$(
    {
      errors=$(
        status=0
        "$@" 2>&1 >&3 3>&- 4>&- || status=$?
        printf '.%d' "$status"
      )
    } 3>&1
    status=${errors##*.}
    errors=${errors%.*}
    printf '%s errors %d\n%s\n' "$NONCE" "${#errors}" "$errors" >&4
    printf '.%d' "$status"
  )
  STATUS=${ANSWER##*.}
  ANSWER=${ANSWER%.*}
  frame "$command_line"
}

# typed WORDS...: TYPED becomes the command line as a user would type it.
typed() {
  TYPED=''
  for word in "$@"; do
    case $word in
      '' | *[!A-Za-z0-9_@%+=:,./-]*)
        rest=$word
        word=''
        while :; do
          case $rest in
            *\'*)
              word="$word${rest%%\'*}'\\''"
              rest=${rest#*\'}
              ;;
            *) break ;;
          esac
        done
        word="'$word$rest'"
        ;;
    esac
    TYPED="$TYPED${TYPED:+ }$word"
  done
}

ask() {
  typed "$@"
  if command -v "$1" >/dev/null 2>&1; then
    capture "$TYPED" limited "$@"
  else
    absent "$TYPED" 127 "$1: command not found"
  fi
}

# What a recorded command may say; one that goes on is ended by its broken pipe. Answers are held in memory.
HELD_BYTES=4194304

# The pipes through head are what a process left behind holds; the time limit ends the heads. Unbuffered, so that
# they keep nothing back that would be lost then.
# shellcheck disable=SC2016 # expanded by the inner shell
HELD='exec 7>&2 8>&1
count=$2
if command -v stdbuf >/dev/null 2>&1; then unbuffered="stdbuf -o0"; else unbuffered=; fi
part() { $unbuffered head -c "$count"; }
status=$(
  exec 5>&1
  { { sh -c "$1" 5>&- 6>&- 7>&- 8>&-; printf %d "$?" >&5; } 2>&1 >&6 | part >&7 5>&- 6>&-; } 6>&1 |
    {
      part >&8
      if [ "$(head -c 1 | wc -c)" -ne 0 ]; then echo "kvm-parity: output cut after $2 bytes" >&7; fi
    } 5>&-
)
exit "${status:-124}"'

ask_line() { capture "$1" limited sh -c "$HELD" sh "$1" "$HELD_BYTES"; }

look() {
  for file in "$@"; do
    typed cat "$file"
    capture "$TYPED" cat "$file"
  done
}

gather() {
  patterns=$*
  set --
  for file in $patterns; do
    if [ -e "$file" ]; then set -- "$@" "$file"; fi
  done
  if [ $# -gt 0 ]; then
    capture "grep -H '' $patterns" grep -H '' "$@"
  else
    absent "grep -H '' $patterns" 2 "grep: $patterns: No such file or directory"
  fi
}

printf '%s begin 1\n' "$NONCE" >&4

for fact in $FACTS; do
  eval "TEXT=\$ASK_$fact"
  # A subshell each: one that fails stops no other.
  (eval "$TEXT") >/dev/null </dev/null || printf 'asking %s ended with status %d\n' "$fact" "$?" >&2
done

number=0
while [ "$number" -lt "$RECORD_COUNT" ]; do
  number=$((number + 1))
  eval "TEXT=\$RECORD_$number"
  (ask_line "$TEXT") >/dev/null </dev/null || printf 'record %d ended with status %d\n' "$number" "$?" >&2
done

printf '%s end\n' "$NONCE" >&4
