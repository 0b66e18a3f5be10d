import {
  parseEmulatorpin,
  parseNumatune,
  parseVcpuinfo,
  parseVcpupin,
  parseVirshList,
  parseVirshVersion,
} from '../libvirt/virsh.ts';
import { parseLscpu } from './cpu/lscpu.ts';
import { parseQemuVersion } from './emulator/emulator.ts';
import { readEnvironmentText } from './environmentText.ts';
import { FactsError } from './error.ts';
import { readFacts } from './facts.ts';
import { parseJavaVersion } from './java/java.ts';
import { parseCmdline } from './kernel/cmdline.ts';
import { parseKernelConfig } from './kernel/config.ts';
import { parseUname } from './kernel/uname.ts';
import { parseMeminfo } from './memory/meminfo.ts';
import { parseSwaps } from './memory/swap.ts';
import { parseNumactl } from './numa/numactl.ts';
import { parseOsRelease, parseRedhatRelease } from './os/release.ts';
import { parseProcesses, parseWho } from './processes/processes.ts';
import { parseSystemctlShow, parseSystemctlStatus } from './services/systemctl.ts';
import { parseRunlevel } from './services/services.ts';
import { parseChoice } from './thp/thp.ts';

/** Kinds of text that `kvm-parity parse KIND FILE` turns into JSON. The names of its fields are an interface. */
export type ParseKind =
  | 'cmdline'
  | 'emulatorpin'
  | 'environment'
  | 'java-version'
  | 'kernel-config'
  | 'lscpu'
  | 'meminfo'
  | 'numactl'
  | 'numatune'
  | 'os-release'
  | 'ps'
  | 'qemu-version'
  | 'redhat-release'
  | 'runlevel'
  | 'swaps'
  | 'systemctl-show'
  | 'systemctl-status'
  | 'thp'
  | 'uname'
  | 'vcpuinfo'
  | 'vcpupin'
  | 'virsh-list'
  | 'virsh-version'
  | 'who';

/** Each throws FactsError `not-understood` for a text of another kind. */
export const parseKinds: Readonly<Record<ParseKind, (text: string) => unknown>> = {
  cmdline: parseCmdline,
  emulatorpin: parseEmulatorpin,
  environment: parseEnvironment,
  'java-version': parseJavaVersion,
  'kernel-config': parseKernelConfig,
  lscpu: parseLscpu,
  meminfo: parseMeminfo,
  numactl: parseNumactl,
  numatune: parseNumatune,
  'os-release': parseOsRelease,
  ps: parseProcesses,
  'qemu-version': parseQemuVersion,
  'redhat-release': parseRedhatRelease,
  runlevel: parseRunlevel,
  swaps: parseSwaps,
  'systemctl-show': parseSystemctlShow,
  'systemctl-status': parseSystemctlStatus,
  thp: parseThp,
  uname: parseUname,
  vcpuinfo: parseVcpuinfo,
  vcpupin: parseVcpupin,
  'virsh-list': parseVirshList,
  'virsh-version': parseVirshVersion,
  who: parseWho,
};

/**
 * Reads a text as the kind that the user named.
 *
 * @throws FactsError `kind-unknown`, and what the parser throws.
 */
export function parseText(kind: string, text: string): unknown {
  if (!isParseKind(kind)) {
    throw new FactsError('kind-unknown', { kind, known: Object.keys(parseKinds).join(', ') });
  }
  return parseKinds[kind](text);
}

function isParseKind(kind: string): kind is ParseKind {
  return Object.hasOwn(parseKinds, kind);
}

function parseThp(text: string): unknown {
  return parseChoice(text, 'thp');
}

function parseEnvironment(text: string): unknown {
  const { machine, role, takenAt, captures } = readEnvironmentText(text);
  const { records, ...facts } = readFacts(captures);
  return { machine, role, takenAt, facts, records, captures: captures.length };
}
