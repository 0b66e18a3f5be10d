# Whether a file can be fetched. FROM: absolute path.
# Prints "size BYTES", or "missing", "not-a-file", "unreadable".
set -eu
if [ ! -e "$FROM" ]; then
  echo missing
elif [ ! -f "$FROM" ]; then
  echo not-a-file
elif [ ! -r "$FROM" ]; then
  echo unreadable
else
  printf 'size %s\n' "$(stat -L -c %s -- "$FROM")"
fi
