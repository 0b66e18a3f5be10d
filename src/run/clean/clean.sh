# Removes our files from a machine. Refused while something of ours is still needed there.
#
# STATE    our directory on this machine
# FORCE    yes: also results that nobody fetched
# Prints: cleaned BYTES, or what is in the way: undo RESOURCE | job ID | result-of ID | lease RUN
set -eu
[ -d "$STATE" ] || { echo "cleaned 0"; exit 0; }
busy=0
for entry in "$STATE"/undo/*/; do
    [ -f "$entry/complete" ] || continue
    echo "undo $(cat "$entry/resource")"
    busy=1
done
# Copies of what a guest still needs; they go when the guest is restored.
for entry in "$STATE"/undo-of-*/*/; do
    [ -f "$entry/complete" ] || continue
    echo "undo $(cat "$entry/resource") of a guest"
    busy=1
done

boot=$(cat /proc/sys/kernel/random/boot_id)

# lives PID STARTTIME: a pid alone may be another process by now.
lives() {
    [ -r "/proc/$1/stat" ] || return 1
    wanted=$2
    # shellcheck disable=SC2046 # the fields of /proc/PID/stat after the name
    set -- $(sed 's/.*) //' "/proc/$1/stat")
    [ "${20}" = "$wanted" ] && [ "$1" != Z ]
}

# A job is its wrapper (pid) and what the wrapper started (group), which may outlive it.
for job in "$STATE"/jobs/*/; do
    [ -f "$job/pid" ] || continue
    read -r pid started boot_id <"$job/pid" || continue
    [ "$boot_id" = "$boot" ] || continue
    leader=0
    leader_started=0
    if [ -f "$job/group" ]; then read -r leader leader_started <"$job/group" || :; fi
    if lives "$pid" "$started" || lives "$leader" "$leader_started"; then
        echo "job $(basename "$job")"
        busy=1
    fi
done
# What ended and was not fetched yet is somebody's result.
for job in "$STATE"/jobs/*/; do
    if [ "$FORCE" != yes ] && [ -f "$job/status" ] && [ ! -f "$job/fetched" ]; then
        echo "result-of $(basename "$job")"
        busy=1
    fi
done
if [ -d "$STATE/lease" ]; then
    echo "lease $(cat "$STATE/lease/run" 2>/dev/null || echo '?')"
    busy=1
fi
[ "$busy" = 0 ] || exit 3
bytes=$(du -sk "$STATE" | cut -f1)
rm -rf "$STATE/files" "$STATE/jobs" "$STATE/undo" "$STATE"/undo-of-* "$STATE"/askpass.* "$STATE"/lease.*
rmdir "$STATE" 2>/dev/null || :
echo "cleaned $((bytes * 1024))"
