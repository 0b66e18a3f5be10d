# Takes changes back, newest first. Harmless when run twice; an entry goes only when its undo succeeded.
#
# STATE    our directory on this machine
# RUN      only the entries that this run relies on; empty: all
# Prints one line per entry: restored RESOURCE | void RESOURCE | failed STATUS RESOURCE
set -eu
shelf="$STATE/undo"
[ -d "$shelf" ] || exit 0
boot_id=$(cat /proc/sys/kernel/random/boot_id)
result=0
entries=$(for since in "$shelf"/*/since; do
    [ -f "$since" ] || continue
    printf '%s %s\n' "$(cat "$since")" "$(basename "$(dirname "$since")")"
done | sort -rn | cut -d' ' -f2)
for name in $entries; do
    entry="$shelf/$name"
    [ -f "$entry/complete" ] || { rm -rf "$entry"; continue; }
    if [ -n "$RUN" ] && ! grep -qxF -- "$RUN" "$entry/runs"; then continue; fi
    resource=$(cat "$entry/resource")
    if [ "$(cat "$entry/lasts")" = volatile ] && [ "$(cat "$entry/boot_id")" != "$boot_id" ]; then
        rm -rf "$entry"
        echo "void $resource"
        continue
    fi
    status=0
    sh "$entry/undo.sh" </dev/null >&2 || status=$?
    if [ "$status" -eq 0 ]; then
        rm -rf "$entry"
        echo "restored $resource"
    else
        result=1
        echo "failed $status $resource"
    fi
done
exit "$result"
