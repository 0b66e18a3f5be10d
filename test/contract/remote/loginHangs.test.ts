import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually } from '../../support/sshd.ts';
import { canMakeUsers } from '../../support/users.ts';
import { ssh2Stage } from './adapters.ts';
import { never, script } from './scripts.ts';

it.skipIf(!canMakeUsers())(
  'a login whose start-up files wait is given up, a script that takes longer is not',
  async () => {
    const startup = '[ ! -e "$HOME/hang" ] || { echo "mounting /home"; sleep 600; }\n';
    const stage = await ssh2Stage(
      { label: 'hang', shell: 'bash', startup, sudo: 'nopasswd' },
      { seconds: 1 },
    );
    const transport = stage.connect();
    try {
      let said = '';
      const slow = transport.exec(script('echo begun; sleep 6; echo over', {}, 'root'), {
        signal: never(),
        onStdout: (chunk) => void (said += Buffer.from(chunk).toString()),
      });
      await eventually('the slow one has begun', () => said === 'begun\n');
      const home = join(stage.stateDirectory('login'), '..');
      await chmod(home, 0o755);
      await transport.exec(script('touch "$H/hang"', { H: home }), { signal: never() });
      await expect(transport.exec(script('echo never'), { signal: never() })).rejects.toMatchObject({
        reason: 'login-hangs',
        data: { machine: 'there', seconds: 5, text: 'mounting /home' },
      });
      expect(await slow).toMatchObject({ exitStatus: 0 });
      expect(said).toBe('begun\nover\n');
    } finally {
      await transport.close();
      await stage.remove();
    }
  },
);
