# A job that prints a file as fast as it can. FILE: its path.
set -eu
exec cat "$FILE"
