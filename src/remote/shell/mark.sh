# Says on both outputs where ours begin: what login shells and sudo print before is dropped by the reader.
# MARKER  a line that nobody else prints
set -eu
printf '%s\n' "$MARKER"
printf '%s\n' "$MARKER" >&2
unset MARKER
