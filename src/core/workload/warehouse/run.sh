#!/bin/sh
# Runs the workload "warehouse" in this process.
#
#   JAVA               name or path of the java command
#   JAVA_OPTIONS       options of the JVM, one per line; may be empty
#   CLASSPATH_ENTRY    directory with the compiled classes, or a jar
#   WAREHOUSES         N; the ramp goes from 1 to 2N threads
#   RAMP_SECONDS       warm-up of each point
#   MEASURE_SECONDS    measured time of each point
#   CONFIG_HASH        printed back in the header, so that a result names its settings
#
# Exit status: that of the program (0 score, 1 output not written, 2 arguments, 3 invalid), 127 without java.
set -eu

if ! command -v "$JAVA" >/dev/null 2>&1; then
  echo "warehouse: the java command was not found or cannot be executed: $JAVA" >&2
  echo "Install a Java runtime of version 8 or later, the same on host and guest." >&2
  exit 127
fi
case "$CLASSPATH_ENTRY" in
  *:*)
    echo "warehouse: a colon separates class paths, so this path cannot be used: $CLASSPATH_ENTRY" >&2
    exit 2
    ;;
esac

# Options from the login environment would make the two sides differ without a trace.
unset JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS CLASSPATH

set --
while IFS= read -r option; do
  if [ -n "$option" ]; then
    set -- "$@" "$option"
  fi
done <<END
$JAVA_OPTIONS
END

exec "$JAVA" "$@" -cp "$CLASSPATH_ENTRY" Warehouse \
  --warehouses "$WAREHOUSES" \
  --ramp-seconds "$RAMP_SECONDS" \
  --measure-seconds "$MEASURE_SECONDS" \
  --config-hash "$CONFIG_HASH" </dev/null
