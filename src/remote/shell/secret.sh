# Holds a password for one answer to sudo, as long as standard input stays open: on no command line, in no environment,
# on no disk. It travels from standard input into the buffer of a FIFO, which askpass.sh reads once.
# DIRECTORY  our directory on the machine
# ASKPASS    text of askpass.sh
#
# Standard input: the password and a newline. Standard output: the directory that holds `askpass`.
set -eu
umask 077
d=$(mktemp -d "$DIRECTORY/askpass.XXXXXX")
trap 'rm -rf "$d"' EXIT
trap 'exit 1' HUP INT TERM
mkfifo -m 0600 "$d/secret"
printf '%s\n' "$ASKPASS" | cat >"$d/askpass"
chmod 0700 "$d/askpass"
# Open for both: neither side ever waits for the other to come.
exec 3<>"$d/secret"
printf '%s\n' "$d"
cat >&3
