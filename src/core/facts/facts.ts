import { answersOf } from './answers.ts';
import type { Capture } from './capture.ts';
import { clocksource } from './clocksource/clocksource.ts';
import { cpus } from './cpu/cpus.ts';
import { lscpu } from './cpu/lscpu.ts';
import { emulator, qemuPackages } from './emulator/emulator.ts';
import { hugepages } from './hugepages/hugepages.ts';
import { java } from './java/java.ts';
import { cmdline } from './kernel/cmdline.ts';
import { kernelConfig } from './kernel/config.ts';
import { kernel } from './kernel/uname.ts';
import { ksm } from './ksm/ksm.ts';
import { kvmParameters } from './kvm/kvm.ts';
import {
  domains,
  domainXml,
  emulatorPin,
  numatune,
  vcpuPins,
  vcpus,
  virshVersion,
} from './libvirt/libvirt.ts';
import { cpuTimes, loadAverage } from './load/load.ts';
import { bootId, hostname, product, uptimeSeconds, virtualization } from './machine/machine.ts';
import { meminfo } from './memory/meminfo.ts';
import { swappiness, swaps } from './memory/swap.ts';
import { mitigations } from './mitigations/mitigations.ts';
import { numaBalancing, numaNodes } from './numa/numa.ts';
import { osRelease, redhatRelease } from './os/release.ts';
import { frequency, idle, turbo } from './power/power.ts';
import { disturbing, loggedIn, processes } from './processes/processes.ts';
import { recordOf, type CaptureRecord } from './records.ts';
import {
  activeTargets,
  defaultTarget,
  runlevel,
  runningServices,
  services,
  tunedProfile,
} from './services/services.ts';
import type { FactSpec } from './spec.ts';
import { thp } from './thp/thp.ts';
import { toolchain } from './toolchain/toolchain.ts';
import type { Fact } from './fact.ts';

/** Every fact, in the order of the comparison table. */
const specs = {
  hostname,
  bootId,
  uptimeSeconds,
  virtualization,
  product,
  osRelease,
  redhatRelease,
  kernel,
  cmdline,
  kernelConfig,
  lscpu,
  cpus,
  numaNodes,
  numaBalancing,
  meminfo,
  swaps,
  swappiness,
  hugepages,
  thp,
  ksm,
  frequency,
  turbo,
  idle,
  clocksource,
  mitigations,
  cpuTimes,
  loadAverage,
  services,
  defaultTarget,
  activeTargets,
  runningServices,
  runlevel,
  tunedProfile,
  processes,
  disturbing,
  loggedIn,
  java,
  toolchain,
  kvmParameters,
  virshVersion,
  domains,
  domainXml,
  vcpus,
  vcpuPins,
  emulatorPin,
  numatune,
  emulator,
  qemuPackages,
};

export type FactName = keyof typeof specs;

type ValueOf<S> = S extends FactSpec<infer T> ? T : never;

/** All facts of one machine, and `records`: what was asked besides (the inventory's `record`). */
export type Facts = { readonly [Name in FactName]: Fact<ValueOf<(typeof specs)[Name]>> } & {
  readonly records: readonly CaptureRecord[];
};

export const factNames = Object.keys(specs) as readonly FactName[];

/** Reads all facts. Never throws for what a machine answered: that is a fact too. */
export function readFacts(source: { readonly captures: readonly Capture[] } | readonly Capture[]): Facts {
  const answers = answersOf('captures' in source ? source.captures : source);
  const facts = Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [name, spec.read(answers)]),
  ) as Readonly<Record<FactName, Fact<unknown>>>;
  return { ...facts, records: answers.unused().map(recordOf) } as Facts;
}

/** One line of the comparison table. `key` is stable: it names the same thing on every machine. */
export type SummaryLine = {
  readonly key: string;
  readonly fact: FactName;
  /** Short and printable; begins with `not available:` where there is no value. */
  readonly text: string;
  readonly available: boolean;
};

/** Everything of the facts that can be put side by side. What changes by itself (load, free memory) is left out. */
export function summaryLines(facts: Facts): readonly SummaryLine[] {
  return factNames.flatMap((name) => linesOfFact(name, specs[name] as FactSpec<unknown>, facts[name]));
}

function linesOfFact(fact: FactName, spec: FactSpec<unknown>, value: Fact<unknown>): readonly SummaryLine[] {
  if (value.state === 'unavailable') {
    const text = `not available: ${value.why === 'not-understood' ? `not understood: ${value.detail}` : value.detail}`;
    return spec.keys.map((key) => ({ key, fact, text, available: false }));
  }
  return spec.summarise(value.value).map(([key, text]) => ({
    key,
    fact,
    text: text ?? 'not available: the machine does not say',
    available: text !== null,
  }));
}
