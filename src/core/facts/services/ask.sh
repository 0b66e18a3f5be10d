# Services that change what is measured (recipe 1.7), what else runs, and the run level.
set -eu
ask systemctl show -p Id,LoadState,ActiveState,SubState,UnitFileState \
  numad.service ksm.service ksmtuned.service tuned.service irqbalance.service
ask systemctl get-default
ask systemctl list-units --type=target --state=active --no-legend --no-pager --plain
ask systemctl list-units --type=service --state=running --no-legend --no-pager --plain
ask runlevel
look /etc/tuned/active_profile
