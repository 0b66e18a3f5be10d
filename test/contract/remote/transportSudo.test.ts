import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { jobsOf } from '../../../src/remote/job/jobs.ts';
import { transportMessages } from '../../../src/remote/messages.ts';
import type { Questions } from '../../../src/remote/questions.ts';
import { eventually } from '../../support/sshd.ts';
import { canMakeUsers, type UserOptions } from '../../support/users.ts';
import { answers, ssh2Stage, type Stage } from './adapters.ts';
import { never, script } from './scripts.ts';

describe.skipIf(!canMakeUsers())('becoming root by sudo', () => {
  let stage: Stage | undefined;
  let mounted: string | undefined;
  afterEach(async () => {
    if (mounted !== undefined) await execa('umount', [mounted]);
    mounted = undefined;
    await stage?.remove();
    stage = undefined;
  });

  const start = async ({
    sshd = [],
    ...options
  }: Omit<UserOptions, 'label'> & { readonly sshd?: readonly string[] }): Promise<Stage> => {
    stage = await ssh2Stage({ label: 'sudo', ...options }, { sshd });
    return stage;
  };
  const idAsRoot = async (user: Stage, questions: Questions) => {
    const transport = user.connect({ questions });
    try {
      return await transport.exec(script('id -u', {}, 'root'), { signal: never() });
    } finally {
      await transport.close();
    }
  };

  it('asks for a password once per transport, however many scripts start together', async () => {
    const user = await start({ sudo: 'password' });
    const questions = answers(user.password);
    const transport = user.connect({ questions });
    const outputs = await Promise.all(
      [1, 2, 3, 4].map(() => transport.exec(script('id -u', {}, 'root'), { signal: never() })),
    );
    expect(outputs.map(({ stdout }) => stdout)).toEqual(Array(4).fill('0\n'));
    expect(questions.asked).toBe(1);
    await transport.close();
  });

  it('never asks where sudo needs no password', async () => {
    const user = await start({ sudo: 'nopasswd' });
    const questions = answers(undefined);
    expect((await idAsRoot(user, questions)).stdout).toBe('0\n');
    expect(questions.asked).toBe(0);
  });

  it('asks three times when the password is wrong, then gives up, and leaves nothing behind', async () => {
    const user = await start({ sudo: 'password' });
    const questions = answers('wrong');
    await expect(idAsRoot(user, questions)).rejects.toMatchObject({
      reason: 'sudo-password',
      data: { given: true, attempts: 3 },
    });
    expect(questions.asked).toBe(3);
    expect(await readdir(user.stateDirectory('login'))).toEqual([]);
  });

  it('takes the right password after a wrong one, with the script’s input untouched', async () => {
    const user = await start({ sudo: 'password' });
    const given = ['wrong', user.password];
    const transport = user.connect({
      questions: { ...answers(''), secret: () => Promise.resolve(given.shift()) },
    });
    const { stdout } = await transport.exec(script('id -u; cat', {}, 'root'), {
      signal: never(),
      stdin: (async function* () {
        yield await Promise.resolve(Buffer.from('input'));
      })(),
    });
    expect(stdout).toBe('0\ninput');
    await transport.close();
  });

  it('says so when nobody answers', async () => {
    const user = await start({ sudo: 'password' });
    await expect(idAsRoot(user, answers(undefined))).rejects.toMatchObject({
      reason: 'sudo-password',
      data: { given: false },
    });
  });

  it('tells a user who may not', async () => {
    const user = await start({ sudo: 'none' });
    await expect(idAsRoot(user, answers(user.password))).rejects.toMatchObject({ reason: 'sudo-refused' });
  });

  it('recognises that sudo wants a terminal', async () => {
    const user = await start({ sudo: 'nopasswd', sudoers: ['Defaults:USER requiretty'] });
    await expect(idAsRoot(user, answers(undefined))).rejects.toMatchObject({
      reason: 'sudo-requires-tty',
    });
  });

  it.each(['Defaults:USER use_pty', 'Defaults:USER !use_pty'])('works with %s', async (line) => {
    const user = await start({ sudo: 'password', sudoers: [line] });
    expect((await idAsRoot(user, answers(user.password))).stdout).toBe('0\n');
  });

  it('recognises that there is no sudo', async () => {
    const user = await start({ shell: 'bash', sudo: 'password', startup: 'PATH=$HOME/bin\n' });
    const bin = join(user.stateDirectory('login'), '../bin');
    const tools = ['sh', 'dd', 'cat', 'uname', 'id', 'mkdir', 'stat', 'chmod'];
    const links = tools.map((tool) => `ln -s "$(command -v ${tool})" "$BIN/${tool}"`).join('\n');
    await execa('sh', ['-c', `mkdir "$BIN"\n${links}`], { env: { BIN: bin } });
    await expect(idAsRoot(user, answers(user.password))).rejects.toMatchObject({ reason: 'sudo-missing' });
  });

  it('says that our directory must let programs run, instead of doubting the password', async ({ skip }) => {
    const user = await start({ sudo: 'password' });
    const directory = user.stateDirectory('login');
    await execa('mkdir', [directory]);
    const options = `noexec,mode=0700,uid=${user.uid}`;
    const mount = await execa('mount', ['-t', 'tmpfs', '-o', options, 'kvmp-test', directory], {
      reject: false,
    });
    if (mount.exitCode !== 0) return skip('no tmpfs can be mounted here');
    mounted = directory;
    const questions = answers(user.password);
    await expect(idAsRoot(user, questions)).rejects.toMatchObject({
      reason: 'state-directory',
      data: { path: directory, why: 'noexec' },
    });
    expect(questions.asked).toBe(1);
  });

  it('passes on what sudo says where it is nothing that we know', async () => {
    const user = await start({ shell: 'bash', sudo: 'nopasswd', startup: 'PATH=$HOME/bin:$PATH\n' });
    const bin = join(user.stateDirectory('login'), '../bin');
    const sudo = '#!/bin/sh\necho "sudo: effective uid is not 0" >&2\nexit 1\n';
    await execa('sh', ['-c', 'mkdir "$BIN"; printf %s "$SUDO" >"$BIN/sudo"; chmod 755 "$BIN/sudo"'], {
      env: { BIN: bin, SUDO: sudo },
    });
    const error: unknown = await idAsRoot(user, answers(undefined)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      reason: 'sudo-failed',
      data: { text: 'sudo: effective uid is not 0' },
    });
    expect(transportMessages['sudo-failed']).toContain('{text}');
  });

  it('runs beside a follower where the server allows two sessions and sudo takes both', async () => {
    const user = await start({ sudo: 'password', sshd: ['MaxSessions 2'] });
    const transport = user.connect();
    const jobs = jobsOf(transport);
    const job = { id: 'long', as: 'root' } as const;
    await jobs.start(job, script('echo up; exec sleep 600', {}, 'root'), never());
    const seen: string[] = [];
    const following = jobs.follow(job, {
      signal: never(),
      offset: 0,
      onBytes: (chunk) => void seen.push(Buffer.from(chunk).toString()),
    });
    await eventually('it is followed', () => seen.join('') === 'up\n');
    expect(await jobs.cancel(job, { graceSeconds: 5, signal: never() })).toMatchObject({ exitStatus: 143 });
    expect(await following).toMatchObject({ exitStatus: 143 });
    await transport.close();
  });

  it('is refused where the inventory says become: none', async () => {
    const user = await start({ sudo: 'nopasswd' });
    const transport = user.connect({ target: { ...user.target, become: 'none' } });
    const running = transport.exec(script('id -u', {}, 'root'), { signal: never() });
    await expect(running).rejects.toMatchObject({ reason: 'root-needed' });
    await transport.close();
  });

  it('shows the password in no command line, environment or file', async () => {
    const user = await start({ sudo: 'password' });
    const password = user.password ?? '';
    const found: string[] = [];
    const looks = { go: true };
    const looking = (async () => {
      let rounds = 0;
      while (looks.go) {
        found.push(...(await placesOf(password, user.stateDirectory('login'))));
        rounds += 1;
      }
      return rounds;
    })();
    const transport = user.connect();
    for (let round = 0; round < 3; round += 1) {
      const before = transport.exec(script('read -r line; echo "$line"', {}, 'root'), {
        signal: never(),
        stdin: (async function* () {
          yield await Promise.resolve(Buffer.from('go\n'));
        })(),
      });
      expect((await before).stdout).toBe('go\n');
    }
    looks.go = false;
    expect(await looking).toBeGreaterThan(3);
    expect(found).toEqual([]);
    // The look itself works: a process and a file that do hold it are found.
    const { stdout } = await transport.exec(
      script('printf %s "$P" >"$D/held"; sh -c "cat /proc/self/environ | tr -d \\"\\\\0\\""', {
        P: password,
        D: user.stateDirectory('login'),
      }),
      { signal: never() },
    );
    expect(stdout).toContain(password);
    expect(await placesOf(password, user.stateDirectory('login'))).toEqual([
      join(user.stateDirectory('login'), 'held'),
    ]);
    await transport.close();
  });

  it('leaves no askpass behind when the connection is cut while it asks', async () => {
    const user = await start({ sudo: 'password' });
    const transport = user.connect();
    const seen: string[] = [];
    const running = transport.exec(script('echo up; exec sleep 600', {}, 'root'), {
      signal: never(),
      onStdout: (chunk) => {
        seen.push(Buffer.from(chunk).toString());
      },
    });
    running.catch(() => undefined);
    await eventually('an askpass directory or the script', async () => {
      const entries = await readdir(user.stateDirectory('login')).catch(() => []);
      return entries.length > 0 || seen.length > 0;
    });
    await user.cutConnections?.();
    await expect(running).rejects.toMatchObject({ reason: 'connection-lost' });
    await eventually('it is removed', async () => (await readdir(user.stateDirectory('login'))).length === 0);
    await transport.close();
  });
});

/** Command lines, environments and files below a directory that hold a text. */
async function placesOf(text: string, directory: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processFiles = pids
    .filter((pid) => pid !== String(process.pid))
    .flatMap((pid) => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
  const below = await readdir(directory, { recursive: true }).catch(() => []);
  const files = below.map((name) => join(directory, name));
  const checked = await Promise.all(
    [...processFiles, ...files].map(async (file) => {
      const info = await stat(file).catch(() => undefined);
      if (info?.isFile() !== true) return [];
      const content = await readFile(file, 'latin1').catch(() => '');
      return content.includes(text) ? [file] : [];
    }),
  );
  return checked.flat();
}
