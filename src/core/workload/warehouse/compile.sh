#!/bin/sh
# Compiles the workload "warehouse" and records what was made.
#
#   JAVAC       name or path of the javac command
#   SOURCE      absolute path of Warehouse.java
#   OUTPUTS     (environment) file that CLASSES=directory is appended to, where set
#
# The classes lie in the directory `classes` beside the source.
# Standard output: the SHA-256 of source and class files. Exit status 127 without javac.
set -eu
umask 022

if ! command -v "$JAVAC" >/dev/null 2>&1; then
  echo "warehouse: the javac command was not found or cannot be executed: $JAVAC" >&2
  echo "Install a JDK of version 8 or later, or use the compiled warehouse.jar." >&2
  exit 127
fi

DIRECTORY=${SOURCE%/*}/classes
mkdir -p "$DIRECTORY"
# The list is written last: a directory without it holds unfinished work.
rm -f "$DIRECTORY/SHA256SUMS"
rm -f "$DIRECTORY"/Warehouse*.class

# The same class file format on every machine, where this javac still or already knows it.
if "$JAVAC" --release 8 -version >/dev/null 2>&1; then
  set -- --release 8
else
  set --
fi
"$JAVAC" "$@" -Xlint:-options -proc:none -encoding US-ASCII -d "$DIRECTORY" "$SOURCE"

cd "$DIRECTORY"
{
  sha256sum "$SOURCE"
  sha256sum Warehouse*.class
} >SHA256SUMS.new
mv SHA256SUMS.new SHA256SUMS
cat SHA256SUMS
if [ -n "${OUTPUTS:-}" ]; then
  printf 'CLASSES=%s\n' "$DIRECTORY" >>"$OUTPUTS"
fi
