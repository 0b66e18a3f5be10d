import clocksource from '../clocksource/ask.sh';
import cpu from '../cpu/ask.sh';
import emulator from '../emulator/ask.sh';
import hugepages from '../hugepages/ask.sh';
import java from '../java/ask.sh';
import kernel from '../kernel/ask.sh';
import ksm from '../ksm/ask.sh';
import kvm from '../kvm/ask.sh';
import libvirt from '../libvirt/ask.sh';
import load from '../load/ask.sh';
import machine from '../machine/ask.sh';
import memory from '../memory/ask.sh';
import mitigations from '../mitigations/ask.sh';
import numa from '../numa/ask.sh';
import os from '../os/ask.sh';
import power from '../power/ask.sh';
import processes from '../processes/ask.sh';
import services from '../services/ask.sh';
import thp from '../thp/ask.sh';
import toolchain from '../toolchain/ask.sh';

/**
 * What is asked, by the name of its folder, in this order. Load and processes come first, before the probe
 * itself shows in them.
 */
export const asks: Readonly<Record<string, string>> = {
  load,
  processes,
  machine,
  os,
  kernel,
  cpu,
  numa,
  memory,
  hugepages,
  thp,
  ksm,
  power,
  clocksource,
  mitigations,
  services,
  java,
  toolchain,
  kvm,
  libvirt,
  emulator,
};
