import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execa } from 'execa';
import { eventually, startSshd, type Sshd } from '../../support/sshd.ts';
import { writeSshConfig } from '../../support/sshdConfig.ts';
import { canMakeUsers, makeUser, NOISY_STARTUP } from '../../support/users.ts';

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd.stop());

describe('the test sshd', () => {
  it('lets OpenSSH in with the generated configuration', async () => {
    const { file } = await writeSshConfig(sshd.directory, [{ alias: 'host', sshd }]);
    const { stdout } = await execa('ssh', ['-F', file, 'host', 'id -un']);
    expect(stdout.split('\n').at(-1)).toBe(sshd.user);
  });

  it('loses its sessions on demand while the command of the user lives on', async () => {
    const { file } = await writeSshConfig(sshd.directory, [{ alias: 'host', sshd }]);
    const client = execa('ssh', ['-F', file, 'host', 'echo pid=$$; exec sleep 60'], { reject: false });
    let output = '';
    client.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    await eventually('the command names its pid', () => /^pid=\d+$/m.test(output));
    const pid = Number(/^pid=(\d+)/m.exec(output)?.[1]);
    expect((await sshd.sessions()).length).toBeGreaterThan(0);
    await sshd.killSessions();
    expect((await client).exitCode).toBe(255);
    expect(() => process.kill(pid, 0)).not.toThrow();
    process.kill(pid, 'SIGKILL');
  });

  it('comes back on its port with another host key', async () => {
    const { file } = await writeSshConfig(sshd.directory, [{ alias: 'host', sshd }]);
    await sshd.rekeyHost();
    const { stderr, exitCode } = await execa('ssh', ['-F', file, 'host', 'true'], { reject: false });
    expect(exitCode).toBe(255);
    expect(stderr).toContain('REMOTE HOST IDENTIFICATION HAS CHANGED');
  });
});

describe.skipIf(!canMakeUsers())('test users', () => {
  it.each([['bash'], ['fish'], ['zsh']] as const)(
    'log in with %s, make noise, and may or may not sudo',
    async (shell) => {
      const label = `t${shell}`;
      const user = await makeUser({
        label,
        shell,
        sudo: 'password',
        startup: shell === 'bash' ? NOISY_STARTUP : '',
      });
      try {
        await sshd.rekeyHost();
        const { file } = await writeSshConfig(sshd.directory, [{ alias: 'host', sshd, user: user.name }]);
        const { stdout } = await execa(
          'ssh',
          ['-F', file, 'host', 'id -un; echo $HOME; sudo -S -p "" id -u'],
          {
            input: `${user.password}\n`,
          },
        );
        expect(stdout.split('\n').slice(-3)).toEqual([user.name, user.home, '0']);
        expect(stdout.includes('Welcome')).toBe(shell === 'bash');
      } finally {
        await user.remove();
      }
      expect((await execa('id', [user.name], { reject: false })).exitCode).not.toBe(0);
    },
  );
});
