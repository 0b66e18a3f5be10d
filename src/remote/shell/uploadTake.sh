# Takes a file (or the rest of one) from standard input, verifies it and puts it into its place.
# DIRECTORY, SHA256, SIZE, NAME  the file is DIRECTORY/files/SHA256/NAME
# OFFSET  bytes of NAME.part that are kept
#
# Prints "taken"; or "short BYTES FREE" (standard input ended early, or the disk is full: then standard error says so);
# or "wrong SHA256" (the part is removed); or "moved" (the part is not what it was: look again).
set -eu
umask 077
cd "$DIRECTORY/files/$SHA256"

# One writer per part, for as long as it lives and no longer: a lock on the open file dies with its holders.
part=$NAME.part
exec 9>>"$part"
if ! flock -n 9; then
  if [ "$OFFSET" -ne 0 ]; then
    echo moved
    exit 0
  fi
  part=$(mktemp -- "$NAME.part.XXXXXX")
  trap 'rm -f -- "$part"' EXIT
  exec 9>>"$part"
  flock -n 9
fi
# Between opening and locking it, its last writer may have renamed it into its place.
if [ "$(stat -L -c %d:%i "/proc/$$/fd/9")" != "$(stat -c %d:%i -- "$part" 2>/dev/null || echo gone)" ]; then
  echo moved
  exit 0
fi
if [ "$OFFSET" -eq 0 ]; then : >"$part"; fi
if [ "$(stat -c %s -- "$part")" -ne "$OFFSET" ]; then
  echo moved
  exit 0
fi

cat >&9 || :
bytes=$(stat -c %s -- "$part")
if [ "$bytes" -lt "$SIZE" ]; then
  # To root the reserved blocks are free too.
  free='%a %S'
  if [ "$(id -u)" = 0 ]; then free='%f %S'; fi
  # shellcheck disable=SC2046 # two numbers
  set -- $(stat -f -c "$free" .)
  printf 'short %s %s\n' "$bytes" "$(($1 * $2))"
  exit 0
fi
sum=$(sha256sum <"$part")
if [ "$sum" != "$SHA256  -" ]; then
  rm -f -- "$part"
  printf 'wrong %s\n' "${sum%% *}"
  exit 0
fi
# Old versions of sync take no file; the rename is then not ordered after the data, and the next look verifies again.
sync -- "$part" 2>/dev/null || :
mv -f -- "$part" "$NAME"
trap - EXIT
echo taken
