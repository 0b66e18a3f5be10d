# Which machine this is, since when it is up, and whether it is virtual.
set -eu
look /proc/sys/kernel/hostname /proc/sys/kernel/random/boot_id /proc/uptime
ask systemd-detect-virt
gather /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name /sys/class/dmi/id/product_version
