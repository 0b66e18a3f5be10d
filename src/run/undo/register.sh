# Registers how one change is taken back, before it is made. The first original wins: an entry that is
# there already (of this run or of a crashed one) stays, and only notes that this run relies on it too.
#
# STATE       our directory on this machine
# SHELF       undo, or undo-of-<guest>: the copy that a host keeps for its guest
# ENTRY       file name of the resource
# RESOURCE    the resource in words: thp, cpu:1 …
# LASTS       volatile (void after a reboot) or persistent
# BOOT_ID     boot of the machine that is changed
# RUN         the run that is about to change it
# UNDO        the script that puts the original back
# Prints: registered | kept
set -eu
umask 077
folder="$STATE/$SHELF"
mkdir -p "$folder"
place="$folder/$ENTRY"
# What a reboot has undone by itself is no original any more.
if [ -f "$place/complete" ] && [ "$(cat "$place/lasts")" = volatile ] && [ "$(cat "$place/boot_id")" != "$BOOT_ID" ]; then
    rm -rf "$place"
fi
if [ ! -f "$place/complete" ]; then
    rm -rf "$place"
    mkdir "$place"
    printf '%s\n' "$RESOURCE" >"$place/resource"
    printf '%s\n' "$LASTS" >"$place/lasts"
    printf '%s\n' "$BOOT_ID" >"$place/boot_id"
    printf '%s\n' "$UNDO" >"$place/undo.sh"
    : >"$place/runs"
    date +%s.%N >"$place/since"
    sync "$place/undo.sh" 2>/dev/null || sync
    : >"$place/complete"
    echo registered
else
    echo kept
fi
grep -qxF -- "$RUN" "$place/runs" || printf '%s\n' "$RUN" >>"$place/runs"
