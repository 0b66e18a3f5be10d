import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { cancelledLines, wasCancelled } from '../../../src/cli/commands/cancel.ts';
import { run } from '../../../src/cli/commands/run.ts';
import { status } from '../../../src/cli/commands/status.ts';
import { firstDomain, openSession } from '../../../src/cli/session.ts';
import { createRun, type RunPaths } from '../../../src/run/directory.ts';
import type { RunEvent } from '../../../src/run/events.ts';
import { writeNamed } from '../../../src/run/files.ts';
import { emptyState, replay } from '../../../src/run/state.ts';
import { scratch } from '../run/scratch.ts';

const at = '2026-02-03T04:05:06.000Z';
const signal = new AbortController().signal;
let written = '';
let said = '';
beforeEach(() => {
  written = '';
  said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});

const inventoryText = `version: 1
hosts:
  r1:
    ssh: r1.invalid
    guests:
      plain: { ssh: root@plain.invalid }
      vm1: { ssh: root@vm1.invalid, domain: first }
  r2:
    ssh: r2.invalid
    guests:
      vm2: { ssh: root@vm2.invalid, domain: second }
experiments:
  one: { host: r1, guest: vm1, workload: { warehouse: {} } }
  two: { host: r2, guest: vm2, workload: { warehouse: {} } }
`;

async function project(): Promise<{ readonly root: string; readonly inventory: string }> {
  const root = await scratch();
  const inventory = join(root, 'kvm-parity.yaml');
  await writeFile(inventory, inventoryText);
  return { root, inventory };
}

async function aRun(root: string, experiment: string): Promise<RunPaths> {
  const { inventory } = await openSession({ inventory: join(root, 'kvm-parity.yaml') });
  return createRun(root, { experiment, createdAt: at, product: '0.0.0', inventory, sshConfig: null });
}

describe('run --into', () => {
  it('takes no stages of another experiment into a run', async () => {
    const { root, inventory } = await project();
    const id = basename((await aRun(root, 'one')).directory);
    const adding = run('two', { inventory, into: id, yes: true }, signal);
    await expect(adding).rejects.toMatchObject({
      reason: 'run-not-found',
      data: { run: `${id}" of experiment "two` },
    });
  });

  it('plans with the inventory that the run began with', async () => {
    const { root, inventory } = await project();
    const { directory } = await aRun(root, 'one');
    await writeFile(inventory, inventoryText.replace('  one: {', '  renamed: {'));
    // Aborted, so that it gets no further than to the first machine: of the experiment that only the run knows.
    const adding = run('one', { inventory, into: basename(directory), yes: true }, AbortSignal.abort());
    await expect(adding).rejects.toMatchObject({ reason: 'cancelled' });
  });
});

describe('run --resume', () => {
  it.each([{ quick: true }, { stage: ['report'] }, { into: 'latest' }])(
    'takes no %o beside it',
    async (other) => {
      const { inventory } = await project();
      const resuming = run('one', { inventory, resume: true, ...other }, signal);
      await expect(resuming).rejects.toMatchObject({ reason: 'option-invalid' });
    },
  );

  it('of a run that was never given a plan says so', async () => {
    const { root, inventory } = await project();
    await aRun(root, 'one');
    const resuming = run('one', { inventory, resume: 'latest' }, signal);
    await expect(resuming).rejects.toMatchObject({ reason: 'run-without-plan', data: { experiment: 'one' } });
  });

  it('passes over runs that it cannot read, and says so', async () => {
    const { root, inventory } = await project();
    await aRun(root, 'one');
    const damaged = join(root, '.kvm-parity/runs/20270101-000000-one-0000');
    await mkdir(damaged);
    await writeFile(join(damaged, 'run.json'), '{');
    await expect(run('one', { inventory, resume: true }, signal)).rejects.toMatchObject({
      reason: 'run-without-plan',
    });
    expect(said).toMatch(/20270101-000000-one-0000 is passed over: .*run\.json is damaged/);
  });
});

describe('status', () => {
  it('shows every run, and one line with the reason for each that it cannot read', async () => {
    const { root, inventory } = await project();
    const good = await aRun(root, 'two');
    for (const [name, file, text] of [
      ['1-damaged', 'run.json', '{"format":'],
      ['2-half-made', 'other', ''],
      ['9-damaged', 'run.json', 'null'],
    ] as const) {
      await mkdir(join(root, '.kvm-parity/runs', name));
      await writeFile(join(root, '.kvm-parity/runs', name, file), text);
    }
    const torn = await aRun(root, 'one');
    await writeFile(torn.journal, 'not a journal\n');
    expect(await status(undefined, { inventory })).toBe(0);
    const lines = written.trim().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines.find((line) => line.startsWith('1-'))).toMatch(/not readable: .*run\.json is damaged/);
    expect(lines.find((line) => line.startsWith('2-'))).toContain('no run');
    expect(lines.find((line) => line.startsWith(basename(torn.directory)))).toMatch(/not readable: .*line 1/);
    expect(lines.find((line) => line.startsWith(basename(good.directory)))).toContain('0 of 0 steps');
  });
});

describe('The domain that a host is asked about without an experiment', () => {
  it("is that of its own first guest with one, never another host's", async () => {
    const session = await openSession({ inventory: (await project()).inventory });
    expect(['r1', 'r2', 'vm2', 'nobody'].map((name) => firstDomain(session, name))).toEqual([
      'first',
      'second',
      null,
      null,
    ]);
  });
});

describe('A report that is written to a file', () => {
  it('goes through a symbolic link, also to where nothing is yet', async () => {
    const directory = await scratch();
    const [target, link, later] = ['target', 'link', 'later'].map((name) => join(directory, name));
    await writeFile(target!, 'old');
    await symlink('target', link!);
    await writeNamed(link!, 'new');
    expect(await readFile(target!, 'utf8')).toBe('new');
    await symlink('not-yet', later!);
    await writeNamed(later!, 'first');
    expect(await readFile(join(directory, 'not-yet'), 'utf8')).toBe('first');
  });

  it('leaves devices and pipes what they are', async () => {
    await writeNamed('/dev/null', 'gone');
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
    const pipe = join(await scratch(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const [text] = await Promise.all([readFile(pipe, 'utf8'), writeNamed(pipe, 'through')]);
    expect(text).toBe('through');
    expect((await stat(pipe)).isFIFO()).toBe(true);
  });

  it('can be read by whom the umask lets, and keeps the permissions that it had', async () => {
    const file = join(await scratch(), 'report.md');
    await writeNamed(file, 'one');
    const other = `${file}.other`;
    await writeFile(other, '');
    expect((await stat(file)).mode).toBe((await stat(other)).mode);
    await chmod(file, 0o662);
    await writeNamed(file, 'two');
    expect((await stat(file)).mode & 0o777).toBe(0o662);
    expect(await readFile(file, 'utf8')).toBe('two');
  });
});

describe('What cancelling says', () => {
  const header: RunEvent = {
    at,
    kind: 'journal',
    format: 'kvm-parity-journal',
    formatVersion: 1,
    run: 'r',
    experiment: 'one',
    product: '0',
  };
  const started: RunEvent = { at, kind: 'runner-started', pid: 1, machine: 'here' };

  it('is how the run really ended', () => {
    const ended = (status: 'completed' | 'cancelled'): readonly string[] =>
      cancelledLines(replay([header, started, { at, kind: 'runner-ended', status }]));
    expect(ended('cancelled')).toEqual(['run r: cancelled']);
    expect(ended('completed')).toEqual(['run r: completed']);
    expect(cancelledLines({ ...emptyState(), run: 'r', status: 'running' })[0]).toContain('its runner died');
    const data = { machine: 'r1' };
    const failed: RunEvent = {
      at,
      kind: 'runner-ended',
      status: 'failed',
      failure: { reason: 'connection-lost', data },
    };
    expect(cancelledLines(replay([header, started, failed]))[0]).toMatch(/^run r: failed: .*r1/);
  });

  it('names what was left on the machines', () => {
    const steps = [
      {
        id: 's',
        stage: 'measure-host',
        machine: 'r1',
        title: { code: 'x', data: {} },
        kind: 'measure',
        seconds: 1,
      },
    ] as const;
    const state = replay([
      header,
      started,
      {
        at,
        kind: 'segment',
        segment: 1,
        file: 'f',
        sha256: '',
        stages: [],
        quick: false,
        retries: 0,
        steps,
      },
      { at, kind: 'lease-acquired', host: 'r1' },
      { at, kind: 'step-started', step: 's', attempt: 1 },
      { at, kind: 'job-intended', step: 's', attempt: 1, job: 'r-s-1', machine: 'r1', as: 'login' },
      { at, kind: 'runner-ended', status: 'detached' },
    ]);
    expect(cancelledLines(state)).toEqual([
      'run r: detached',
      '  may still run: r-s-1 on r1',
      '  still holds the lease of r1',
      expect.stringContaining('run one --resume'),
    ]);
  });

  it('depends on whether the runner that is at it was told before', async () => {
    const { root } = await project();
    const paths = await aRun(root, 'one');
    const write = (...events: readonly RunEvent[]): Promise<void> =>
      writeFile(paths.journal, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    const wished: RunEvent = { at, kind: 'cancel-requested' };
    await write(header, started);
    expect(await wasCancelled(paths)).toBe(false);
    await write(header, started, wished);
    expect(await wasCancelled(paths)).toBe(true);
    await write(header, started, wished, { at, kind: 'runner-ended', status: 'cancelled' }, started);
    expect(await wasCancelled(paths)).toBe(false);
  });
});
