# Transparent hugepages.
set -eu
look /sys/kernel/mm/transparent_hugepage/enabled
gather '/sys/kernel/mm/transparent_hugepage/defrag' '/sys/kernel/mm/transparent_hugepage/shmem_enabled' \
  '/sys/kernel/mm/transparent_hugepage/khugepaged/defrag'
