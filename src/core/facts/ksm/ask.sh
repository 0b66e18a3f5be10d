# Kernel samepage merging as the kernel sees it, whatever the services say.
set -eu
gather '/sys/kernel/mm/ksm/*'
