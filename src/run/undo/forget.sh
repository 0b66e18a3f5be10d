# Removes a host's copies of its guest's undo entries, after the guest itself was restored.
#
# STATE    our directory on this machine
# SHELF    undo-of-<guest>
# RUN      only the entries that this run relies on; empty: all
set -eu
folder="$STATE/$SHELF"
[ -d "$folder" ] || exit 0
for entry in "$folder"/*/; do
    [ -d "$entry" ] || continue
    if [ -n "$RUN" ] && ! grep -qxF -- "$RUN" "$entry/runs"; then continue; fi
    rm -rf "$entry"
done
rmdir "$folder" 2>/dev/null || :
