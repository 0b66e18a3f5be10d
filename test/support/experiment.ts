/**
 * A whole experiment on two real sshds of this machine, one playing the host, one the guest, driven by the CLI
 * bundle as a user would (build first):
 *
 *     const lab = await twoMachines();
 *     const result = await lab.cli('run', 'loopback', '--yes');
 *     …
 *     await lab.stop();
 */
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { JOURNAL_FILE, readJournal } from '../../src/run/journal.ts';
import { readLock } from '../../src/run/lock.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { replay, type RunState } from '../../src/run/state.ts';
import { eventually, type Sshd, startSshd } from './sshd.ts';
import { writeSshConfig } from './sshdConfig.ts';

export type CliResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

export type TwoMachines = {
  /** Directory of the inventory. */
  readonly root: string;
  readonly inventory: string;
  readonly sshConfig: string;
  readonly host: Sshd;
  readonly guest: Sshd;
  /** Where our files lie on the "machines". */
  readonly stateOf: Readonly<Record<'host' | 'guest', string>>;
  cli(...words: readonly string[]): Promise<CliResult>;
  /** Starts a command and does not wait. */
  cliStart(...words: readonly string[]): ReturnType<typeof execa>;
  /** Directory of the newest run. */
  latest(): Promise<string>;
  events(): Promise<readonly RunEvent[]>;
  state(): Promise<RunState>;
  /** Waits until the newest run's journal satisfies `condition`. */
  until(what: string, condition: (events: readonly RunEvent[]) => boolean, seconds?: number): Promise<void>;
  /** kill -9 of the newest run's runner. */
  killRunner(): Promise<void>;
  stop(): Promise<void>;
};

const CLI = resolve('dist/cli.js');

export type ExperimentSettings = {
  readonly trials?: number;
  readonly order?: string;
  readonly retries?: number;
  /** Lines of sshd_config for both machines. */
  readonly sshd?: readonly string[];
  /** User who logs in on both machines. Default: who runs the tests. */
  readonly user?: string;
  /** Environment of the commands, on top of ours. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Further lines of host and guest, e.g. `become: sudo`, and the guest's way. */
  readonly host?: readonly string[];
  readonly guest?: readonly string[];
};

function block(indent: number, lines: readonly string[]): string {
  return lines.map((line) => `${' '.repeat(indent)}${line}`).join('\n');
}

/** The inventory of the two machines; `extra` are further lines under the experiment. */
function inventoryText(state: TwoMachines['stateOf'], settings: ExperimentSettings): string {
  return `version: 1
hosts:
  r1:
${block(4, settings.host ?? ['ssh: kvmp-host', `directory: ${state.host}`])}
    record: [echo recorded]
    guests:
      vm1:
${block(8, settings.guest ?? ['ssh: kvmp-guest', 'via: direct', `directory: ${state.guest}`])}
experiments:
  loopback:
    host: r1
    guest: vm1
    workload:
      warehouse: { warehouses: 2, java: [-Xmx64m] }
    repeat:
      trials: ${settings.trials ?? 2}
      order: ${settings.order ?? 'abba'}
      retries: ${settings.retries ?? 1}
`;
}

export async function twoMachines(settings: ExperimentSettings = {}): Promise<TwoMachines> {
  const root = await mkdtemp(join(tmpdir(), 'kvmp-experiment-'));
  await chmod(root, 0o711);
  const host = await startSshd({ config: settings.sshd ?? [] });
  const guest = await startSshd({ config: settings.sshd ?? [] });
  const { file: sshConfig } = await writeSshConfig(root, [
    { alias: 'kvmp-host', sshd: host, user: settings.user },
    { alias: 'kvmp-guest', sshd: guest, user: settings.user },
  ]);
  const stateOf = { host: join(root, 'state-host'), guest: join(root, 'state-guest') };
  const inventory = join(root, 'kvm-parity.yaml');
  await writeFile(inventory, inventoryText(stateOf, settings));
  const common = ['--inventory', inventory, '--ssh-config', sshConfig];
  const start = (...words: readonly string[]): ReturnType<typeof execa> =>
    execa(process.execPath, [CLI, ...common, ...words], {
      stdin: 'ignore',
      reject: false,
      cwd: root,
      env: settings.environment ?? {},
    });
  const latest = async (): Promise<string> => {
    const runs = join(root, '.kvm-parity', 'runs');
    const newest = (await readdir(runs).catch(() => [])).sort().at(-1);
    if (newest === undefined) throw new Error('there is no run');
    return join(runs, newest);
  };
  const events = async (): Promise<readonly RunEvent[]> => {
    const directory = await latest().catch(() => null);
    return directory === null ? [] : (await readJournal(join(directory, JOURNAL_FILE))).events;
  };
  const killRunner = async (): Promise<void> => {
    const holder = await readLock(join(await latest(), 'runner.lock'));
    if (holder === null) throw new Error('no runner to kill');
    process.kill(holder.pid, 'SIGKILL');
  };
  return {
    root,
    inventory,
    sshConfig,
    host,
    guest,
    stateOf,
    async cli(...words) {
      const { exitCode, stdout, stderr } = await start(...words);
      return { exitCode: exitCode ?? -1, stdout: String(stdout), stderr: String(stderr) };
    },
    cliStart: start,
    latest,
    events,
    state: async () => replay(await events()),
    until: (what, condition, seconds = 60) =>
      eventually(what, async () => condition(await events()), seconds),
    killRunner,
    async stop() {
      await killRunner().catch(() => undefined);
      await Promise.all([host.stop(), guest.stop()]);
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** Text of a file of the newest run. */
export async function runFile(lab: TwoMachines, name: string): Promise<string> {
  return readFile(join(await lab.latest(), name), 'utf8');
}
