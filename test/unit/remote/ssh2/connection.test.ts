import { EventEmitter } from 'node:events';
import { Duplex } from 'node:stream';
import { expect, it, vi } from 'vitest';
import { Connection, connectOver, type ConnectRequest } from '../../../../src/remote/ssh2/connection.ts';
import { parseSshConfig } from '../../../../src/remote/sshConfigParse.ts';

const config = parseSshConfig('hostname h\nuser u\nport 22\n', { alias: 'h', home: '/home/u' });
if (config === undefined) throw new Error('no configuration');

/** A carrier at whose other end nobody speaks. */
function request(signal: AbortSignal): ConnectRequest {
  const stream = new Duplex({
    read: () => undefined,
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
  return {
    machine: 'm',
    config: config!,
    carrier: { kind: 'tcp', stream, explain: () => '' },
    questions: { acceptHostKey: () => Promise.resolve(false), secret: () => Promise.resolve(undefined) },
    accepted: {},
    timeoutMs: 60_000,
    signal,
  };
}

it('Nobody waits for a connection that was given up before it began', async () => {
  const wanted = request(AbortSignal.abort());
  await expect(connectOver(wanted)).rejects.toMatchObject({ reason: 'cancelled' });
  expect(wanted.carrier.stream.destroyed).toBe(true);
});

it('A connection whose client turns out to be over is not alive, so that the next call makes a new one', async () => {
  const fail = vi.fn(() => {
    throw new Error('Not connected');
  });
  const client = Object.assign(new EventEmitter(), { exec: fail, forwardOut: fail, end: vi.fn() });
  const connection = new Connection(client as never, request(new AbortController().signal));
  expect(connection.alive).toBe(true);
  const lost = { reason: 'connection-lost', data: { machine: 'm' } };
  await expect(connection.exec('true', () => undefined)).rejects.toMatchObject(lost);
  expect(connection.alive).toBe(false);
  await expect(connection.forward('h', 22)).rejects.toMatchObject(lost);
  expect(fail).toHaveBeenCalledTimes(1);
});
