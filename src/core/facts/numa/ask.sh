# NUMA nodes: CPUs, memory, distances; and whether the kernel balances by itself.
set -eu
gather '/sys/devices/system/node/node*/cpulist' '/sys/devices/system/node/node*/distance' \
  '/sys/devices/system/node/node*/meminfo'
ask numactl -H
look /proc/sys/kernel/numa_balancing
