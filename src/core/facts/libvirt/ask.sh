# What libvirt says of itself and of the domain. Read-only connection (-r): no password, no session daemon.
# An ordinary user's default would be his own session, where the host's domains are not.
#
#   DOMAIN  libvirt domain, or empty
set -eu
export LIBVIRT_DEFAULT_URI="${LIBVIRT_DEFAULT_URI:-qemu:///system}"
ask virsh -r version
# A daemon that does not answer is asked once.
if [ "$STATUS" -ne 0 ]; then exit 0; fi
ask virsh -r list --all
if [ -z "$DOMAIN" ]; then exit 0; fi
ask virsh -r dumpxml --domain "$DOMAIN"
if [ "$STATUS" -ne 0 ]; then exit 0; fi
ask virsh -r vcpuinfo --domain "$DOMAIN"
ask virsh -r vcpupin --domain "$DOMAIN"
ask virsh -r emulatorpin --domain "$DOMAIN"
ask virsh -r numatune --domain "$DOMAIN"
