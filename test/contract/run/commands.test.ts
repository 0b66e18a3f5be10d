import { resolve } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { twoMachines, type TwoMachines } from '../../support/experiment.ts';

let lab: TwoMachines;
afterEach(() => lab.stop());

const cli = resolve('dist/cli.js');

describe('while a run measures', () => {
  it('no other command touches its host, and its runner alone can be ended: the job goes on and is taken up again', async () => {
    lab = await twoMachines({ trials: 1 });
    const following = lab.cliStart('run', 'loopback', '--quick', '--yes');
    await lab.until('a trial runs', (events) =>
      events.some((event) => event.kind === 'job-started' && event.step.includes('trial')),
    );
    for (const words of [['probe', 'vm1'], ['plan', 'loopback'], ['clean']]) {
      const refused = await lab.cli(...words);
      expect(refused.stderr).toContain('[lease-held]');
      expect(refused.exitCode).toBe(1);
    }

    const detached = await lab.cli('cancel', 'latest', '--detach');
    expect(detached.exitCode).toBe(0);
    expect(detached.stderr).toMatch(/^run \S+: detached\n {2}may still run: \S+ on (r1|vm1)$/m);
    expect(detached.stderr).toContain('still holds the lease of r1');
    expect((await following).exitCode).toBe(1);
    expect((await lab.state()).status).toBe('detached');

    const resumed = await lab.cli('run', 'loopback', '--resume');
    expect(resumed.exitCode).toBe(0);
    expect((await lab.state()).trials.map(({ status }) => status)).toEqual(['ok', 'ok']);

    // The aliases of the machines are known to the run's own ssh configuration only.
    const words = [cli, '--inventory', lab.inventory, 'restore'];
    const restored = await execa(process.execPath, words, { reject: false, stdin: 'ignore' });
    expect(restored.stderr).toContain('r1: nothing to restore');
    expect(restored.exitCode).toBe(0);
  });
});

describe('a command whose reader or user goes', () => {
  it('ends in silence when nobody reads its output any more', async () => {
    lab = await twoMachines();
    // Enough for every buffer of a pipe.
    const parsing = `yes quiet=1 | head -c 2000000 | tr "\\n" " " | "$0" "$1" parse cmdline - | head -c 1 >&2`;
    const result = await execa('sh', ['-c', parsing, process.execPath, cli], { reject: false });
    expect(result.stderr).toMatch(/^[[{]$/);
  });

  it.each([
    ['Ctrl-C', '\u0003', 130],
    ['Ctrl-D', '\u0004', 2],
  ])('ends at a prompt with %s, without a stack', async (_key, typed, exitCode) => {
    lab = await twoMachines({ trials: 1 });
    const command = `"${process.execPath}" "${cli}" --inventory "${lab.inventory}" --ssh-config "${lab.sshConfig}" run loopback --quick`;
    // script(1) makes the terminal; -e: its exit status is the command's.
    const running = execa('script', ['-qec', command, '/dev/null'], { reject: false, stdin: 'pipe' });
    running.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('Start?')) running.stdin.write(typed);
    });
    const result = await running;
    expect(result.stdout).toContain('Start?');
    expect(result.exitCode).toBe(exitCode);
    expect(result.stdout).not.toMatch(/^\s+at /m);
  });
});
