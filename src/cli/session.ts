import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { CodedError } from '../core/error.ts';
import type { Environment } from '../core/facts/environment.ts';
import type { Experiment, Inventory } from '../core/inventory/inventory.ts';
import { loadInventory } from '../core/inventory/load.ts';
import { formatProblem } from '../core/inventory/messages.ts';
import type { AssetName } from '../core/recipe/plan.ts';
import type { Asset } from '../run/context.ts';
import { DATA_DIRECTORY } from '../run/directory.ts';
import { askedOf, probeMachine } from '../run/execute/probe.ts';
import { writeJson } from '../run/files.ts';
import { refuseWhileMeasured } from '../run/lease/look.ts';
import { keeperOf, openMachines, type Machines } from '../run/machines.ts';
import { reaching } from '../run/reaching.ts';
import { askTerminal, say } from './terminal.ts';

export const PRODUCT_VERSION = '0.1.0';

/** Options that every command takes. */
export type CommonOptions = {
  readonly inventory: string;
  readonly sshConfig?: string;
};

export type InputReason =
  | 'inventory-unreadable' // data: file, detail
  | 'inventory-invalid' // data: file, problems
  | 'experiment-unknown' // data: experiment, known
  | 'machine-unknown'
  | 'file-unreadable'
  | 'file-unwritable'
  | 'option-invalid'
  | 'run-without-plan' // data: run, experiment
  | 'asset-missing';

/** The user's input is at fault: exit code 2. */
export class InputError extends CodedError<InputReason> {}

export const inputMessages: Readonly<Record<InputReason, string>> = {
  'inventory-unreadable':
    'The inventory {file} cannot be read: {detail}. Name another with --inventory FILE.',
  'inventory-invalid': '{file}: {problems} problem(s), see above.',
  'experiment-unknown': 'There is no experiment "{experiment}" in the inventory. Known: {known}.',
  'machine-unknown': 'There is no machine "{machine}" in the inventory. Known: {known}.',
  'file-unreadable': '{file} cannot be read: {detail}.',
  'file-unwritable': '{file} cannot be written: {detail}.',
  'run-without-plan':
    'Run {run} holds no approved plan, so there is nothing to resume. Give it one with `kvm-parity run {experiment} --into {run}`, or start a new run.',
  'option-invalid': '{option}: {detail}.',
  'asset-missing':
    '{file} is missing: KVM Parity is not installed completely (when working on its source: npm run build).',
};

export type Session = {
  readonly inventory: Inventory;
  /** Directory of the inventory file; `.kvm-parity` lies in it. */
  readonly root: string;
  readonly sshConfig: string | null;
};

/** Where our own bundle and what it ships lie. */
export const installation = {
  cli: resolve(__filename),
  assets: join(__dirname, 'assets'),
  report: join(__dirname, 'report'),
};

/** Loads the inventory; warnings are said, errors end the command. @throws InputError */
export async function openSession(options: CommonOptions): Promise<Session> {
  const file = options.inventory;
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new InputError('inventory-unreadable', { file, detail: detailOf(cause) }, { cause });
  });
  const { inventory, problems } = loadInventory(text, file);
  for (const problem of problems) say(formatProblem(problem));
  if (inventory === null) {
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    throw new InputError('inventory-invalid', { file, problems: errors });
  }
  return {
    inventory,
    root: dirname(resolve(file)),
    sshConfig: options.sshConfig === undefined ? null : resolve(options.sshConfig),
  };
}

export function detailOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** @throws InputError `experiment-unknown`. */
export function experimentOf({ inventory }: Session, name: string): Experiment {
  const experiment = Object.values(inventory.experiments).find((candidate) => candidate.name === name);
  if (experiment === undefined) {
    const known = Object.keys(inventory.experiments).join(', ') || 'none';
    throw new InputError('experiment-unknown', { experiment: name, known });
  }
  return experiment;
}

/** How this command reaches machines itself: for probing, restoring, cleaning. Questions go to the terminal. */
export function reachingFrom(session: Pick<Session, 'sshConfig'>): ReturnType<typeof reaching> {
  return reaching({
    sshConfig: session.sshConfig,
    ask: askTerminal,
    environment: process.env,
    onHostKey: ({ machine, host, keyType, fingerprint, file }) => {
      say(
        `host key of ${machine} (${host}, ${keyType} ${fingerprint}) accepted without asking, as your ssh configuration says; file: ${file}`,
      );
    },
  });
}

export function machinesOf(session: Session): Machines {
  return openMachines({
    ...reachingFrom(session),
    inventory: session.inventory,
    record: () => Promise.resolve(),
  });
}

/** The domain that a host is asked about where no experiment says which: that of its first guest with one. */
export function firstDomain({ inventory }: Session, host: string): string | null {
  const guests = Object.values(inventory.hosts[host]?.guests ?? {});
  return guests.find(({ domain }) => domain !== undefined)?.domain ?? null;
}

export type Probe = {
  /** The domain that a host is asked about. */
  readonly domainOf: (machine: string) => string | null;
  /** The run that may be measuring there: its own probe was asked for. */
  readonly ownRun: string | null;
  readonly signal: AbortSignal;
};

/**
 * Probes machines side by side and keeps the newest environment of each.
 *
 * @throws RunError `lease-held` where another run measures on one of their hosts.
 */
export async function probeAll(
  session: Session,
  names: readonly string[],
  use: Probe,
): Promise<readonly Environment[]> {
  const machines = machinesOf(session);
  const directory = join(session.root, DATA_DIRECTORY, 'environments');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  try {
    const { inventory } = session;
    await refuseWhileMeasured({ machines, inventory, signal: use.signal }, names, use.ownRun);
    return await Promise.all(
      names.map(async (name) => {
        const as = keeperOf(session.inventory, name);
        const { transport } = machines.get(name);
        const environment = await probeMachine(
          { transport, as, ...askedOf(session.inventory, name, use.domainOf(name)) },
          () => new Date(),
          use.signal,
        );
        await writeJson(join(directory, `${name}.json`), environment);
        return environment;
      }),
    );
  } finally {
    await machines.close();
  }
}

/** A file that the product ships. @throws InputError `asset-missing`. */
export async function assetOf(name: AssetName): Promise<Asset> {
  const path = join(installation.assets, name);
  const content = await readFile(path).catch((cause: unknown) => {
    throw new InputError('asset-missing', { file: path }, { cause });
  });
  const { size } = await stat(path);
  return { path, size, sha256: createHash('sha256').update(content).digest('hex') };
}
