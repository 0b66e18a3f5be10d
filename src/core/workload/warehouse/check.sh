#!/bin/sh
# Exit status 0: the workload "warehouse" was compiled from this very source and nothing changed since.
#
#   SOURCE   absolute path of Warehouse.java
#
# Standard output: CLASSES=directory, as compile.sh puts it out.
set -eu

DIRECTORY=${SOURCE%/*}/classes
cd "$DIRECTORY" 2>/dev/null || exit 1
grep -qF "  $SOURCE" SHA256SUMS 2>/dev/null || exit 1
grep -q '  Warehouse\.class$' SHA256SUMS || exit 1
sha256sum -c --status SHA256SUMS 2>/dev/null || exit 1
printf 'CLASSES=%s\n' "$DIRECTORY"
