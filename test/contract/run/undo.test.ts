import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadInventory } from '../../../src/core/inventory/load.ts';
import { PLAN_FORMAT, type Plan, type Step } from '../../../src/core/recipe/plan.ts';
import type { Script } from '../../../src/core/script/script.ts';
import { addSegment, createRun, runPaths, type RunPaths } from '../../../src/run/directory.ts';
import { twoMachines, type TwoMachines } from '../../support/experiment.ts';

let lab: TwoMachines;
beforeEach(async () => {
  lab = await twoMachines({ trials: 1 });
});
afterEach(() => lab.stop());

const show: Script = { name: 'test/show', text: 'cat "$FILE"', parameters: { FILE: 'string' } };
const write: Script = {
  name: 'test/write',
  text: 'printf %s "$TEXT" >"$FILE"; echo written',
  parameters: { FILE: 'string', TEXT: 'string' },
};
const putBack: Script = {
  name: 'test/put-back',
  text: 'printf %s "$ORIGINAL" >"$FILE"',
  parameters: { FILE: 'string', ORIGINAL: 'string' },
};
const holds: Script = {
  name: 'test/holds',
  text: 'found=$(cat "$FILE"); echo "found $found, wanted $TEXT"; [ "$found" = "$TEXT" ]',
  parameters: { FILE: 'string', TEXT: 'string' },
};
const wait: Script = {
  name: 'test/wait',
  text: 'echo waiting; while [ -e "$FILE" ]; do sleep 0.1; done; echo ready',
  parameters: { FILE: 'string' },
};

type Change = { readonly id: string; readonly machine: string; readonly file: string; readonly text: string };

function changing({ id, machine, file, text }: Change): Step {
  const call = (script: Script, parameters: Record<string, string>): NonNullable<Step['check']> => ({
    script: script.name,
    parameters,
    as: 'login',
  });
  return {
    id,
    stage: 'probe',
    title: { code: 'step-report', data: {} },
    machine,
    check: call(holds, { FILE: file, TEXT: text }),
    undo: {
      resource: `file:${file}`,
      lasts: 'persistent',
      original: call(show, { FILE: file }),
      call: call(putBack, { FILE: file }),
    },
    action: { kind: 'script', call: call(write, { FILE: file, TEXT: text }) },
    expect: call(holds, { FILE: file, TEXT: text }),
    seconds: 1,
  };
}

function waiting(id: string, machine: string, file: string): Step {
  const call = { script: wait.name, parameters: { FILE: file }, as: 'login' } as const;
  return {
    id,
    stage: 'probe',
    title: { code: 'step-report', data: {} },
    machine,
    action: { kind: 'script', call },
    seconds: 1,
  };
}

/** A run of its own with the given steps. */
async function craft(steps: readonly Step[]): Promise<RunPaths> {
  const { inventory } = loadInventory(await readFile(lab.inventory, 'utf8'), lab.inventory);
  const plan: Plan = {
    format: 'kvm-parity-plan',
    formatVersion: PLAN_FORMAT,
    experiment: 'loopback',
    stages: ['probe'],
    quick: true,
    scripts: Object.fromEntries([show, write, putBack, holds, wait].map((script) => [script.name, script])),
    steps,
    retries: 0,
    approval: { reboots: [], domainsDown: [], packages: [], loggedIn: [], seconds: 1, warnings: [] },
  };
  const at = new Date().toISOString();
  const what = {
    experiment: 'loopback',
    createdAt: at,
    product: 'test',
    inventory: inventory!,
    sshConfig: lab.sshConfig,
  };
  const paths = await createRun(lab.root, what);
  await addSegment(paths, { segment: 1, approvedAt: at, approvedBy: 'test', plan });
  return paths;
}

describe('undo', () => {
  it('puts back what a killed runner left changed, also twice, and the first original wins', async () => {
    const file = join(lab.root, "it's changed");
    const gate = join(lab.root, 'gate');
    const original = 'the  original\n"text" $(of) `it`\\n';
    await writeFile(file, original);
    await writeFile(gate, '');
    const paths = await craft([
      changing({ id: '1.01-change', machine: 'r1', file, text: 'first' }),
      changing({ id: '1.02-change-again', machine: 'r1', file, text: 'second' }),
      waiting('1.03-wait', 'r1', gate),
    ]);
    const runner = lab.cliStart('runner', paths.directory);
    await lab.until('the job waits', (events) =>
      events.some((event) => event.kind === 'job-started' && event.step === '1.03-wait'),
    );
    await lab.killRunner();
    await runner;
    expect(await readFile(file, 'utf8')).toBe('second');
    expect((await lab.cli('clean', 'r1')).stderr).toContain('still needs undo');

    const unasked = await lab.cli('restore');
    expect(unasked.exitCode).toBe(2);
    expect(unasked.stderr).toContain('may still run');

    const restored = await lab.cli('restore', '--yes');
    expect(restored.stderr).toContain('restored');
    expect(restored.exitCode).toBe(0);
    expect(await readFile(file, 'utf8')).toBe(original);
    const state = await lab.state();
    expect([...state.undo.values()].map(({ done }) => done)).toEqual(['restored']);
    expect(state.steps.get('1.03-wait')?.status).toBe('cancelled');

    const again = await lab.cli('restore', '--yes');
    expect(again.exitCode).toBe(0);
    expect(again.stderr).toContain('nothing to restore');
    expect(await readFile(file, 'utf8')).toBe(original);
    expect((await lab.cli('clean')).exitCode).toBe(0);
    await expect(readFile(join(lab.stateOf.host, 'undo'))).rejects.toThrow();
  });

  it("works from another controller, without the run's journal, and a guest's entries lie on its host too", async () => {
    const file = join(lab.root, 'setting');
    await writeFile(file, 'before');
    const paths = await craft([changing({ id: '1.01-change', machine: 'vm1', file, text: 'after' })]);
    expect((await lab.cli('runner', paths.directory)).exitCode).toBe(0);
    const entry = encodeURIComponent(`file:${file}`);
    const copy = join(lab.stateOf.host, 'undo-of-vm1', entry, 'resource');
    expect(await readFile(copy, 'utf8')).toBe(`file:${file}\n`);
    await rm(join(lab.root, '.kvm-parity'), { recursive: true });

    const restored = await lab.cli('restore', '--machine', 'vm1');
    expect(restored.exitCode).toBe(0);
    expect(await readFile(file, 'utf8')).toBe('before');
    await expect(readFile(copy)).rejects.toThrow();
  });

  it('keeps an entry whose undo fails, says why, and succeeds later', async () => {
    const directory = join(lab.root, 'mounted');
    const file = join(directory, 'setting');
    await mkdir(directory);
    await writeFile(file, 'before');
    const paths = await craft([changing({ id: '1.01-change', machine: 'r1', file, text: 'after' })]);
    expect((await lab.cli('runner', paths.directory)).exitCode).toBe(0);
    await rm(directory, { recursive: true });
    const failing = await lab.cli('restore');
    expect(failing.exitCode).toBe(1);
    expect(failing.stderr).toContain(file);
    await mkdir(directory);
    expect((await lab.cli('restore')).exitCode).toBe(0);
    expect(await readFile(file, 'utf8')).toBe('before');
  });

  it('of a volatile change is void after a reboot', async () => {
    const file = join(lab.root, 'setting');
    await writeFile(file, 'before');
    const step = changing({ id: '1.01-change', machine: 'r1', file, text: 'after' });
    const paths = await craft([{ ...step, undo: { ...step.undo!, lasts: 'volatile' } }]);
    expect((await lab.cli('runner', paths.directory)).exitCode).toBe(0);
    await writeFile(
      join(lab.stateOf.host, 'undo', encodeURIComponent(`file:${file}`), 'boot_id'),
      'another boot\n',
    );
    const restored = await lab.cli('restore');
    expect(restored.stderr).toContain('void');
    expect(await readFile(file, 'utf8')).toBe('after');
  });
});

describe('steps', () => {
  it('that are already so are skipped, those whose effect is missing stop the run', async () => {
    const file = join(lab.root, 'setting');
    await writeFile(file, 'so');
    const step = changing({ id: '1.01-so', machine: 'r1', file, text: 'so' });
    const other = changing({ id: '1.02-not', machine: 'r1', file, text: 'other' });
    const wrong = {
      script: holds.name,
      parameters: { FILE: file, TEXT: 'something else' },
      as: 'login',
    } as const;
    const paths = await craft([step, { ...other, expect: wrong }]);
    expect((await lab.cli('runner', paths.directory)).exitCode).toBe(1);
    const state = await lab.state();
    expect(state.steps.get('1.01-so')?.status).toBe('skipped');
    expect(state.failure).toMatchObject({
      reason: 'expectation-failed',
      data: { found: 'found other, wanted something else' },
    });
  });

  it('of a plan that was changed after its approval do not run', async () => {
    const gate = join(lab.root, 'gate');
    await writeFile(gate, '');
    const paths = await craft([waiting('1.01-wait', 'r1', gate)]);
    const runner = lab.cliStart('runner', paths.directory);
    await lab.until('the job waits', (events) => events.some((event) => event.kind === 'job-started'));
    await lab.killRunner();
    await runner;
    const segment = join(runPaths(paths.directory).segments, '001.json');
    await writeFile(segment, (await readFile(segment, 'utf8')).replace('echo waiting', 'echo hacked'));
    const second = await lab.cli('runner', paths.directory);
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toContain('approved plan was changed');
    await rm(gate);
  });
});

describe('the lease of a host', () => {
  it('that another run holds is not taken over in silence', async () => {
    const lease = join(lab.stateOf.host, 'lease');
    await lab.cli('run', 'loopback', '--quick', '--yes', '--stage', 'probe');
    await mkdir(lease, { recursive: true, mode: 0o700 });
    await writeFile(join(lease, 'run'), '20260101-000000-other\n');
    await writeFile(join(lease, 'owner'), 'somebody@elsewhere\n');
    await writeFile(join(lease, 'boot_id'), 'another boot\n');
    const result = await lab.cli('run', 'loopback', '--quick', '--yes');
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain('20260101-000000-other of somebody@elsewhere');
    expect((await lab.state()).failure).toMatchObject({
      reason: 'lease-held',
      data: { boot: 'other', job: 'dead' },
    });
    expect(await readFile(join(lease, 'run'), 'utf8')).toBe('20260101-000000-other\n');
  });
});
