# The JVM that `java` starts. Without -XX:-UsePerfData it would leave a file in /tmp while it runs.
set -eu
ask java -XX:-UsePerfData -version
java=$(command -v java) || exit 0
# A JVM that does not know the option.
if [ "$STATUS" -eq 1 ]; then ask java -version; fi
ask readlink -f "$java"
