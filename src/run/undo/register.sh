# Registers how one change is taken back, before it is made. The first original wins: an entry that is
# there already (of this run or of a crashed one) stays, and only notes that this run relies on it too.
# When it ends, the entry is on the disk.
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

# Written through cat, whose message names a full disk; the shell's own does not.
put() { printf '%s\n' "$2" | cat >"$place/$1"; }
# coreutils before 8.24 can only flush everything.
flush() { sync "$@" 2>/dev/null || sync; }

# What a reboot has undone by itself is no original any more.
if [ -f "$place/complete" ] && [ "$(cat "$place/lasts")" = volatile ] && [ "$(cat "$place/boot_id")" != "$BOOT_ID" ]; then
    rm -rf "$place"
fi
answer=kept
if [ ! -f "$place/complete" ]; then
    rm -rf "$place"
    mkdir "$place"
    put resource "$RESOURCE"
    put lasts "$LASTS"
    put boot_id "$BOOT_ID"
    put undo.sh "$UNDO"
    put since "$(date +%s.%N)"
    : >"$place/runs"
    flush "$place"/*
    : >"$place/complete"
    answer=registered
fi
grep -qxF -- "$RUN" "$place/runs" || printf '%s\n' "$RUN" | cat >>"$place/runs"
flush "$place/runs" "$place/complete" "$place" "$folder"
echo "$answer"
