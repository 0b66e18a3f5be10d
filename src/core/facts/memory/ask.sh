# Memory and swap.
set -eu
look /proc/meminfo /proc/swaps /proc/sys/vm/swappiness
