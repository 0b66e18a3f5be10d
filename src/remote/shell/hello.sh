# What the machine says of itself, and a private place for our files on it.
# DIRECTORY  absolute path of the place; empty: the usual one of this user
#
# Prints "uid N", "user NAME", "boot ID" and last "directory PATH"; or "refused WHY PATH" (WHY: symlink, not-directory,
# owner, writable, cannot-make, not-absolute); or "not-linux NAME".
set -eu
umask 077

refuse() {
  printf 'refused %s %s\n' "$1" "$d"
  exit 0
}

system=$(uname -s)
if [ "$system" != Linux ]; then
  printf 'not-linux %s\n' "$system"
  exit 0
fi
uid=$(id -u)
user=$(id -un 2>/dev/null) || user=$uid

d=$DIRECTORY
if [ -z "$d" ] && [ "$uid" -eq 0 ]; then
  d=/var/lib/kvm-parity
elif [ -z "$d" ]; then
  # XDG base directory specification: a relative path is to be ignored.
  case ${XDG_STATE_HOME:-} in
    /*) d=$XDG_STATE_HOME/kvm-parity ;;
    *) d=${HOME:-}/.local/state/kvm-parity ;;
  esac
fi
case $d in
  /*) ;;
  *) refuse not-absolute ;;
esac

if [ -L "$d" ]; then refuse symlink; fi
if [ ! -e "$d" ] && ! mkdir -p -- "$d"; then refuse cannot-make; fi
if [ -L "$d" ]; then refuse symlink; fi
if [ ! -d "$d" ]; then refuse not-directory; fi
# shellcheck disable=SC2046 # two numbers
set -- $(stat -c '%u %a' -- "$d")
if [ "$1" -ne "$uid" ]; then refuse owner; fi
# Others could have put anything in it.
if [ $((0$2 & 022)) -ne 0 ]; then refuse writable; fi
chmod 0700 -- "$d"

printf 'uid %s\nuser %s\nboot %s\n' "$uid" "$user" "$(cat /proc/sys/kernel/random/boot_id)"
printf 'directory %s\n' "$d"
