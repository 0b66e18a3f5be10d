# What of an uploaded file is there already.
# DIRECTORY, SHA256, SIZE, NAME  the file is DIRECTORY/files/SHA256/NAME
#
# Prints "present", or "part BYTES SHA256-OF-THEM" (can be continued), or "none".
set -eu
umask 077
d=$DIRECTORY/files/$SHA256
mkdir -p "$d"
cd "$d"

if [ -f "$NAME" ] && [ "$(stat -c %s -- "$NAME")" -eq "$SIZE" ]; then
  if [ "$(sha256sum <"$NAME")" = "$SHA256  -" ]; then
    echo present
    exit 0
  fi
fi
part=$NAME.part
# Somebody who still writes to it holds its lock: a second copy is begun then.
if [ -s "$part" ] && exec 9<"$part" && flock -n 9; then
  bytes=$(stat -c %s -- "$part")
  if [ "$bytes" -le "$SIZE" ]; then
    sum=$(sha256sum <&9)
    printf 'part %s %s\n' "$bytes" "${sum%% *}"
    exit 0
  fi
fi
echo none
