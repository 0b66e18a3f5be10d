# Sends a file on standard output, then its SHA-256 on standard error. FROM: absolute path.
set -eu
cat <"$FROM"
sha256sum <"$FROM" >&2
