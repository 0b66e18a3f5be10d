# CPUs: topology, caches, which are online. Before util-linux 2.30 lscpu has no -J.
set -eu
ask lscpu -J
if [ "$STATUS" -ne 0 ]; then ask lscpu; fi
gather '/sys/devices/system/cpu/present' '/sys/devices/system/cpu/online' '/sys/devices/system/cpu/offline' \
  '/sys/devices/system/cpu/isolated' '/sys/devices/system/cpu/smt/active' '/sys/devices/system/cpu/smt/control'
