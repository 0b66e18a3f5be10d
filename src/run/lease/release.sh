# Gives the lease of a host back, if this run holds it.
#
# STATE    our directory on the host
# RUN      the run that held it
set -eu
lease="$STATE/lease"
[ -d "$lease" ] || exit 0
[ "$(cat "$lease/run" 2>/dev/null || :)" = "$RUN" ] || exit 0
rm -rf "$lease"
