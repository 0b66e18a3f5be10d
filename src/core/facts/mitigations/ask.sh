# What the kernel does about the known weaknesses of the CPU.
set -eu
gather '/sys/devices/system/cpu/vulnerabilities/*'
