# Frequencies, turbo and idle states.
set -eu
gather '/sys/devices/system/cpu/cpu*/cpufreq/scaling_driver' '/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor' \
  '/sys/devices/system/cpu/cpu*/cpufreq/scaling_min_freq' '/sys/devices/system/cpu/cpu*/cpufreq/scaling_max_freq' \
  '/sys/devices/system/cpu/cpufreq/boost' '/sys/devices/system/cpu/intel_pstate/no_turbo' \
  '/sys/devices/system/cpu/intel_pstate/status'
gather '/sys/devices/system/cpu/cpuidle/current_driver' '/sys/devices/system/cpu/cpuidle/current_governor' \
  '/sys/devices/system/cpu/cpuidle/current_governor_ro' '/sys/module/intel_idle/parameters/max_cstate'
