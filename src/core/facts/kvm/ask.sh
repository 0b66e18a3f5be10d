# KVM's module parameters: nesting, nested paging.
set -eu
gather '/sys/module/kvm/parameters/*' '/sys/module/kvm_intel/parameters/*' '/sys/module/kvm_amd/parameters/*'
