# How busy the machine is, and how much of its time was stolen by a hypervisor.
set -eu
ask head -n 1 /proc/stat
look /proc/loadavg
ask getconf CLK_TCK
