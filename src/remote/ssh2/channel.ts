import { Readable, Writable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import type { Channel, ChannelEnd } from '../channel.ts';
import { TransportError } from '../error.ts';

/** Bytes that lie ready on our side of a stream; more waits in ssh2's window of 2 MiB, then at the server. */
const READ_AHEAD = 64 * 1024;
const WRITE_AHEAD = 1024 * 1024;

export type WrappedChannel = {
  readonly channel: Channel;
  /** The connection is gone: ends all three streams with the error. */
  readonly fail: (error: TransportError) => void;
  /** When the server has closed the channel, or the connection is gone. */
  readonly closed: Promise<void>;
};

/**
 * Streams around ssh2's channel, which when its connection dies never ends a `pipeline` that writes and ends
 * readers as if all had arrived. These fail in both cases, with the error that `ended` rejects with.
 */
export function wrapChannel(raw: ClientChannel, machine: string): WrappedChannel {
  const stdout = readableOf(raw);
  const stderr = readableOf(raw.stderr);
  const stdin = writableOf(raw);
  // Whoever uses a stream sees its error there or in `ended`; nobody listening must not end the process.
  for (const stream of [stdin, stdout, stderr]) stream.on('error', () => undefined);

  let failure: TransportError | undefined;
  let settleClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    settleClosed = resolve;
  });
  const end: { exitStatus: number | null; signal: string | null } = { exitStatus: null, signal: null };
  raw.on('exit', (code: number | null, signal?: string) => {
    end.exitStatus = code;
    end.signal = signal ?? null;
  });
  raw.once('close', () => {
    // Input that nobody will read any more: its writer must not wait for ever.
    stdin.destroy();
    settleClosed();
  });

  const fail = (error: TransportError) => {
    failure ??= error;
    for (const stream of [stdin, stdout, stderr]) stream.destroy(failure);
    settleClosed();
  };
  const ended = Promise.all([whenClosed(stdout), whenClosed(stderr), closed]).then((): ChannelEnd => {
    if (failure !== undefined) throw failure;
    if (end.exitStatus === null && end.signal === null)
      throw TransportError.of('connection-lost', { machine, detail: 'the server gave no exit status' });
    return end;
  });
  ended.catch(() => undefined);

  const abort = () => {
    if (failure !== undefined) return;
    failure = TransportError.of('cancelled', { machine });
    for (const stream of [stdin, stdout, stderr]) stream.destroy(failure);
    // What still comes is thrown away; the slot is free when the server confirms.
    raw.close();
    raw.resume();
    raw.stderr.resume();
  };
  return { channel: { stdin, stdout, stderr, ended, abort }, fail, closed };
}

function readableOf(source: Readable): Readable {
  const stream = new Readable({
    highWaterMark: READ_AHEAD,
    read: () => {
      source.resume();
    },
    destroy: (error, done) => {
      // A reader that stops early must not stop the channel from ending.
      source.resume();
      done(error);
    },
  });
  source.pause();
  source.on('data', (chunk: Buffer) => {
    if (!stream.destroyed && !stream.push(chunk)) source.pause();
  });
  source.once('end', () => {
    stream.push(null);
  });
  return stream;
}

function writableOf(target: ClientChannel): Writable {
  return new Writable({
    highWaterMark: WRITE_AHEAD,
    write: (chunk: Buffer, _encoding, done) => {
      if (!target.writable) done(new Error('the remote process reads no more input'));
      else
        target.write(chunk, () => {
          done();
        });
    },
    final: (done) => {
      if (target.writable)
        target.end(() => {
          done();
        });
      else done();
    },
  });
}

function whenClosed(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once('close', resolve);
  });
}
