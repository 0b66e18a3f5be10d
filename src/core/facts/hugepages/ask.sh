# Hugepages by size, of the machine and of each node: /proc/meminfo shows the default size only, and the pages of a
# boot parameter may lie on another node than the one meant. `demote` beside these files cannot be read.
set -eu
gather '/sys/kernel/mm/hugepages/hugepages-*kB/nr_hugepages' '/sys/kernel/mm/hugepages/hugepages-*kB/free_hugepages' \
  '/sys/kernel/mm/hugepages/hugepages-*kB/surplus_hugepages' '/sys/kernel/mm/hugepages/hugepages-*kB/resv_hugepages' \
  '/sys/devices/system/node/node*/hugepages/hugepages-*kB/nr_hugepages' \
  '/sys/devices/system/node/node*/hugepages/hugepages-*kB/free_hugepages' \
  '/sys/devices/system/node/node*/hugepages/hugepages-*kB/surplus_hugepages'
