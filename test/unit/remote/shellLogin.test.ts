import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import type { Channel, ChannelEnd, Channels } from '../../../src/remote/channel.ts';
import { launch } from '../../../src/remote/shell/launch.ts';

/** One channel whose machine says what the test writes. */
function machine(loginTimeoutMs: number) {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  let end: (how: ChannelEnd) => void = () => undefined;
  let aborted = false;
  const channel: Channel = {
    ...streams,
    ended: new Promise((resolve) => {
      end = resolve;
    }),
    abort: () => {
      aborted = true;
      for (const stream of Object.values(streams)) stream.destroy();
      end({ exitStatus: null, signal: null });
    },
  };
  const channels: Channels = {
    machine: 'm',
    loginTimeoutMs,
    open: () => Promise.resolve(channel),
    losses: () => 0,
    close: () => Promise.resolve(),
  };
  const exit = (): void => {
    streams.stdout.end();
    streams.stderr.end();
    end({ exitStatus: 0, signal: null });
  };
  return { ...streams, channels, exit, wasAborted: () => aborted };
}

const options = { signal: new AbortController().signal };
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

it('A login that says no word of ours in time is given up, with what it said instead', async () => {
  const { channels, stdout, stderr, wasAborted } = machine(30);
  stdout.write('welcome\n');
  stderr.write('waiting for /home\n');
  await expect(launch(channels, { payloads: ['true'], marker: 'MARK', options })).rejects.toMatchObject({
    reason: 'login-hangs',
    data: { machine: 'm', seconds: 0.03, text: 'welcome waiting for /home' },
  });
  expect(wasAborted()).toBe(true);
});

it('A script that has begun has all the time it wants', async () => {
  const { channels, stdout, exit } = machine(30);
  stdout.write('welcome\nMARK\n');
  const launched = launch(channels, { payloads: ['true'], marker: 'MARK', options });
  await later(60);
  stdout.write('done\n');
  exit();
  expect(await launched).toMatchObject({ started: true, result: { stdout: 'done\n', exitStatus: 0 } });
});

it('The second payload has all the time it wants: sudo may wait for a person', async () => {
  const { channels, stdout, exit } = machine(30);
  stdout.write('welcome\nLOGIN\n');
  const payloads = ['sudo', 'true'];
  const launched = launch(channels, { payloads, marker: 'MARK', loginMarker: 'LOGIN', options });
  await later(60);
  stdout.write('MARK\nroot\n');
  exit();
  expect(await launched).toMatchObject({ started: true, result: { stdout: 'root\n' } });
});
