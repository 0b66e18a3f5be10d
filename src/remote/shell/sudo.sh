# Hands the rest of standard input to a shell of root.
# LAUNCHER  the command line that reads a payload (launch.sh)
# ASKPASS   program that answers with the password (askpass.sh); empty: no password is given
#
# -k: a password that sudo remembers is not used, so that an answer of now holds later too.
set -eu
if ! command -v sudo >/dev/null 2>&1; then
  echo 'sudo: not found' >&2
  exit 127
fi
if [ -n "$ASKPASS" ]; then
  SUDO_ASKPASS=$ASKPASS
  export SUDO_ASKPASS
  exec sudo -k -A -p '' -- sh -c "$LAUNCHER"
fi
exec sudo -k -n -- sh -c "$LAUNCHER"
