/**
 * From approval to the first command on a machine: `run --yes` writes its approved plan, starts the runner as a process
 * of its own, which connects. The server notes when each command begins, for ours and for `ssh host true` alike.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { listRuns, readSegments, runPaths } from '../src/run/directory.ts';
import { ALIAS, type Loopback, withLoopback } from './support/loopback.ts';
import { benchmark, claim, interleaved, ratio, row, type BenchResult } from './support/result.ts';

const ROUNDS = 7;
const LIMIT_MS = 2000;

const beginnings = (root: string): string => join(root, 'beginnings');

/** Commands of both begin with this, so it costs both the same. */
function noteBeginnings(root: string): readonly string[] {
  return [`ForceCommand date +%s%N >>${beginnings(root)}; exec sh -c "$SSH_ORIGINAL_COMMAND"`];
}

/** Milliseconds since 1970 at which the first command after `since` began. */
async function firstAfter(loopback: Loopback, since: number): Promise<number> {
  const lines = (await readFile(beginnings(loopback.root), 'utf8')).trimEnd().split('\n');
  const first = lines.map((line) => Number(BigInt(line) / 1000n) / 1000).find((at) => at > since);
  if (first === undefined) throw new Error('no command began after the approval');
  return first;
}

async function ours(loopback: Loopback): Promise<number> {
  const words = ['--inventory', loopback.inventoryFile, '--ssh-config', loopback.sshConfig];
  await execa(
    process.execPath,
    [resolve('dist/cli.js'), ...words, 'run', 'loopback', '--yes', '--quick', '--stage', 'probe'],
    { stdin: 'ignore' },
  );
  const run = (await listRuns(loopback.root)).at(-1) ?? '';
  const [segment] = await readSegments(runPaths(join(loopback.root, '.kvm-parity', 'runs', run)));
  if (segment === undefined) throw new Error('the run has no approved plan');
  const approved = Date.parse(segment.approvedAt);
  return (await firstAfter(loopback, approved)) - approved;
}

async function ssh(loopback: Loopback): Promise<number> {
  const since = performance.timeOrigin + performance.now();
  await execa('ssh', ['-F', loopback.sshConfig, ALIAS, 'true'], { stdin: 'ignore' });
  return (await firstAfter(loopback, since)) - since;
}

async function measure(loopback: Loopback): Promise<BenchResult> {
  await writeFile(beginnings(loopback.root), '');
  const times = await interleaved(ROUNDS, { ours: () => ours(loopback), ssh: () => ssh(loopback) });
  const approved = row("ours: approval to the runner's first command", 'ms', times.ours);
  const plain = row('ssh host true, to its command', 'ms', times.ssh);
  return {
    title: 'from approval to the first command on a machine',
    rows: [approved, plain],
    ratios: [ratio('ours / ssh', approved, plain)],
    claims: [claim('approval to first command', { unit: 'ms', value: approved.median, limit: LIMIT_MS })],
  };
}

benchmark(() => withLoopback(measure, noteBeginnings));
