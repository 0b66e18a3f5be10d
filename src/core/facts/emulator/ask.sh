# The emulator that really runs, or would run, the guest (recipe 1.4): of the domain's process, else of the domain's
# XML, else where the distributions put it. Its version, its hash, the package that it belongs to.
#
#   DOMAIN  libvirt domain, or empty
set -eu
export LIBVIRT_DEFAULT_URI="${LIBVIRT_DEFAULT_URI:-qemu:///system}"
newline='
'

# Process of the domain: `-name guest=NAME,...`, before libvirt 1.3 `-name NAME`.
process_of() {
  for process in /proc/[0-9]*; do
    name=''
    { read -r name <"$process/comm"; } 2>/dev/null || continue
    case $name in qemu* | kvm*) ;; *) continue ;; esac
    arguments=$(tr '\000' '\n' <"$process/cmdline" 2>/dev/null) || continue
    case "$arguments$newline" in
      *"$newline-name$newline""guest=$1,"* | *"$newline-name$newline""guest=$1$newline"* | \
        *"$newline-name$newline$1$newline"* | *"$newline-name$newline$1,"*)
        printf '%s' "${process#/proc/}"
        return
        ;;
    esac
  done
}

program=''
file=''
if [ -n "$DOMAIN" ]; then
  process=$(process_of "$DOMAIN")
  if [ -n "$process" ]; then
    ask readlink "/proc/$process/exe"
    if [ "$STATUS" -eq 0 ]; then
      program=${ANSWER%"$newline"}
      file=$program
      # Replaced since it was started: what runs is still reachable through /proc only.
      case $program in *' (deleted)') program=${program%' (deleted)'} file=/proc/$process/exe ;; esac
    fi
  fi
  if [ -z "$program" ] && command -v virsh >/dev/null; then
    typed virsh -r dumpxml --domain "$DOMAIN"
    ask_line "$TYPED | sed -n 's:.*<emulator>\\(.*\\)</emulator>.*:\\1:p'"
    program=${ANSWER%"$newline"}
    file=$program
  fi
fi
if [ -z "$program" ]; then
  machine=$(uname -m)
  for file in /usr/libexec/qemu-kvm "$(command -v "qemu-system-$machine")" "$(command -v qemu-kvm)"; do
    if [ -n "$file" ] && [ -x "$file" ]; then
      program=$file
      break
    fi
  done
  if [ -z "$program" ]; then
    ask "qemu-system-$machine" --version
    exit 0
  fi
fi

ask "$file" --version
ask sha256sum "$file"
if command -v rpm >/dev/null; then
  ask rpm -qf "$program"
  ask rpm -qa '*qemu*'
fi
if command -v dpkg-query >/dev/null; then
  ask dpkg-query -S "$program"
  ask dpkg-query -W '*qemu*'
fi
