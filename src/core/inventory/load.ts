import * as z from 'zod/mini';
import { readDocument } from './document.ts';
import type { Experiment, Guest, Host, Inventory, Kernel } from './inventory.ts';
import { findingsOf } from './issues.ts';
import { placesOf } from './lines.ts';
import { pathText, placeOf, shownAt } from './place.ts';
import { type Fault, type Finding, type Problem, warnings } from './problem.ts';
import { brokenRules } from './rules.ts';
import { INVENTORY_VERSION, type InventoryFile, inventorySchema } from './schema.ts';
import { type Parsed, parseGuestSsh, parseHostSsh } from './ssh.ts';

/** Nobody reads more at once, and each takes time to be placed. */
const MAXIMUM_PROBLEMS = 100;

export type LoadedInventory = {
  /** Null where there is any error. */
  readonly inventory: Inventory | null;
  /** All of them in the order of the text; past a hundred, the last says how many more there are. */
  readonly problems: readonly Problem[];
};

/**
 * Reads the text of a `kvm-parity.yaml`, fills in the defaults, and says everything that is wrong with it.
 * `file` is only for the problems. Never throws for what is in the text.
 */
export function loadInventory(text: string, file: string): LoadedInventory {
  const body = text.replace(/^\ufeff/, '');
  const read = readDocument(body);
  const problem = problemsOf(body, file);
  if (read.document === null) return { inventory: null, problems: inOrder(read.faults, problem) };
  const { document, data } = read;
  const shown = (finding: Finding): Problem =>
    problem(placeOf(document, finding), shownAt(document, finding));
  const newer = newerVersion(data);
  if (newer !== undefined) return { inventory: null, problems: [shown(newer)] };
  const parsed = z.safeParse(inventorySchema, data);
  const issues = parsed.error?.issues.flatMap((issue) => findingsOf(issue, data)) ?? [];
  const findings: readonly Finding[] = [...read.faults, ...issues, ...brokenRules(data)];
  const usable = parsed.success && findings.every(({ reason }) => warnings.has(reason));
  return { inventory: usable ? inventoryOf(parsed.data) : null, problems: inOrder(findings, shown) };
}

function inOrder<T extends Finding>(
  findings: readonly T[],
  problem: (finding: T | Fault) => Problem,
): readonly Problem[] {
  const problems = findings
    .slice(0, MAXIMUM_PROBLEMS)
    .map((finding) => problem(finding))
    .toSorted((a, b) => a.line - b.line || a.column - b.column);
  const more = findings.length - problems.length;
  if (more > 0) problems.push(problem({ reason: 'more-problems', path: [], span: [0, 0], data: { more } }));
  return problems;
}

function problemsOf(text: string, file: string): (fault: Fault, value?: string) => Problem {
  const placeIn = placesOf(text);
  return ({ reason, path, span, data = {} }, value) => ({
    reason,
    severity: warnings.has(reason) ? 'warning' : 'error',
    file,
    ...placeIn(span),
    path: pathText(path),
    ...(value !== undefined && { value }),
    data,
  });
}

/** What a newer format means by its settings is not known here, so nothing else is said of such a file. */
function newerVersion(data: unknown): Finding | undefined {
  if (typeof data !== 'object' || data === null || !('version' in data)) return undefined;
  const newer = typeof data.version === 'number' && data.version > INVENTORY_VERSION;
  return newer
    ? { reason: 'version-newer', path: ['version'], data: { known: INVENTORY_VERSION } }
    : undefined;
}

type HostFile = InventoryFile['hosts'][string];
type GuestFile = HostFile['guests'][string];
type ExperimentFile = InventoryFile['experiments'][string];

function inventoryOf(file: InventoryFile): Inventory {
  return {
    version: file.version,
    hosts: mapNamed(file.hosts, hostOf),
    experiments: mapNamed(file.experiments, experimentOf),
  };
}

/** Without a prototype, so that a search for any name finds only what the file has. */
function mapNamed<From, To>(
  named: Readonly<Record<string, From>>,
  to: (value: From, name: string) => To,
): Readonly<Record<string, To>> {
  const result = Object.create(null) as Record<string, To>;
  for (const [name, value] of Object.entries(named)) result[name] = to(value, name);
  return result;
}

function hostOf(host: HostFile, name: string): Host {
  const ssh = destinationOf(parseHostSsh(host.ssh));
  const guests = mapNamed(host.guests, (guest, guestName) => {
    const loaded = guestOf(guest, guestName);
    // There is no way to go through the machine we are on.
    return { ...loaded, host: name, ...(ssh === 'local' && { via: 'direct' as const }) };
  });
  return { ...host, name, ssh, guests };
}

function guestOf(guest: GuestFile, name: string): Omit<Guest, 'host'> {
  return { ...guest, name, ssh: destinationOf(parseGuestSsh(guest.ssh, guest.via)) };
}

function destinationOf<T>(parsed: Parsed<T>): T {
  if ('reason' in parsed) throw new Error(`a destination that the rules let pass: ${parsed.reason}`);
  return parsed.destination;
}

function experimentOf(experiment: ExperimentFile, name: string): Experiment {
  const { kernel, workload, ...rest } = experiment;
  return {
    ...rest,
    name,
    ...(kernel && { kernel: kernelOf(kernel) }),
    workload: { kind: 'warehouse', ...workload.warehouse },
  };
}

function kernelOf({ source, guest, ...rest }: NonNullable<ExperimentFile['kernel']>): Kernel {
  const { git, ref, tarball, packages } = source;
  const fallback = packages === undefined ? 'build' : 'packages';
  return { ...rest, guest: guest ?? fallback, source: sourceOf() };

  function sourceOf(): Kernel['source'] {
    if (git !== undefined && ref !== undefined) return { kind: 'git', git, ref };
    if (tarball !== undefined) return { kind: 'tarball', tarball };
    if (packages !== undefined) return { kind: 'packages', packages };
    throw new Error('a kernel source that the rules let pass');
  }
}
