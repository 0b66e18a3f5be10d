import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Transport } from '../../../src/remote/transport.ts';
import { eventually } from '../../support/sshd.ts';
import { rows, type Stage } from './adapters.ts';
import { never, script } from './scripts.ts';

const HOSTILE = [
  '',
  ' ',
  "it's",
  '"$(touch /tmp/x)" `id` $HOME ${x}',
  'back\\slash \\n \\\\ \\',
  'line\nline\n\n',
  '\ttab\r\n',
  '!history !! #comment ~ * ? [a] {a,b} ; & | < > ( )',
  '-n -e %s %n',
  'Zürich 東京 🚀 \u0301',
  '\u0081\u0088 \u007f \u0001',
  '\ufeffbom',
];

describe.each(rows.filter(({ skip }) => !skip))('transport: $name', ({ setUp }) => {
  let stage: Stage;
  let transport: Transport;
  const run = (text: string, values = {}, as: 'login' | 'root' = 'login') =>
    transport.exec(script(text, values, as), { signal: never() });

  beforeAll(async () => {
    stage = await setUp();
  });
  afterAll(() => stage.remove());
  beforeEach(() => {
    transport = stage.connect();
  });
  afterEach(() => transport.close());

  it('passes hostile values unchanged', async () => {
    for (const value of HOSTILE) {
      const { stdout } = await run('set -eu\nprintf %s "$VALUE"\n', { VALUE: value });
      expect(stdout).toBe(value);
    }
  });

  it('passes any text without NUL unchanged', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 300 }).filter((value) => !value.includes('\0'));
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const { stdout } = await run('printf %s "$VALUE"', { VALUE: value });
        expect(stdout).toBe(value);
      }),
      { numRuns: 15 },
    );
  });

  it('runs a script of more than 150 KB, which no command line could hold', async () => {
    const filling = 'ä'.repeat(80_000);
    const { stdout } = await run(`cat <<'END' | wc -c\n${filling}\nEND\n`);
    expect(Number(stdout)).toBe(160_001);
  });

  it('reports every exit status', async () => {
    for (const status of [0, 1, 2, 97, 126, 127, 128, 143, 255]) {
      const result = await run('exit "$STATUS"', { STATUS: status });
      expect(result).toMatchObject({ exitStatus: status, signal: null });
    }
  });

  it('keeps both outputs apart and whole, without what the login shell says', async () => {
    const result = await run('set -eu\necho out\necho err >&2\nprintf "no end"\nprintf "none here" >&2\n');
    expect(result).toEqual({
      exitStatus: 0,
      signal: null,
      stdout: 'out\nno end',
      stderr: 'err\nnone here',
    });
  });

  it('gives a script without input /dev/null to read', async () => {
    const { stdout } = await run('set -eu\ncat\nreadlink /proc/self/fd/0\nread -r line || echo none\n');
    expect(stdout).toBe('/dev/null\nnone\n');
  });

  it('gives a script its input byte for byte', async () => {
    const input = Buffer.from(
      Array.from({ length: 700_000 }, (_, index) => (index * 7 + (index >> 8)) % 256),
    );
    const { stdout } = await transport.exec(script('sha256sum'), {
      signal: never(),
      stdin: pieces(input, 50_001),
    });
    expect(stdout.slice(0, 64)).toBe(createHash('sha256').update(input).digest('hex'));
  });

  it('ends normally where a script reads none of its input', async () => {
    const { exitStatus } = await transport.exec(script('exit 3'), {
      signal: never(),
      stdin: pieces(Buffer.alloc(5_000_000), 65_536),
    });
    expect(exitStatus).toBe(3);
  });

  it('runs root scripts as root, with their input free', async () => {
    const { stdout, stderr } = await transport.exec(script('id -u; cat; echo err >&2', {}, 'root'), {
      signal: never(),
      stdin: pieces(Buffer.from('input\n'), 100),
    });
    expect({ stdout, stderr }).toEqual({ stdout: '0\ninput\n', stderr: 'err\n' });
    expect((await run('id -u; cat', {}, 'root')).stdout).toBe('0\n');
    expect((await run('exit 123', {}, 'root')).exitStatus).toBe(123);
    expect((await run('printf %s "$VALUE"', { VALUE: HOSTILE.join('') }, 'root')).stdout).toBe(
      HOSTILE.join(''),
    );
  });

  it('streams 50 MB to a slow consumer without holding them', async () => {
    let bytes = 0;
    let calls = 0;
    let busy = false;
    let worst = 0;
    const hash = createHash('sha256');
    const before = process.memoryUsage().rss;
    const result = await transport.exec(script('head -c 50000000 /dev/zero | tr "\\0" x; echo end >&2'), {
      signal: never(),
      onStdout: async (chunk) => {
        expect(busy).toBe(false);
        busy = true;
        bytes += chunk.length;
        hash.update(chunk);
        calls += 1;
        if (calls % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
        worst = Math.max(worst, process.memoryUsage().rss - before);
        busy = false;
      },
    });
    expect(bytes).toBe(50_000_000);
    expect(hash.digest('hex')).toBe(createHash('sha256').update('x'.repeat(50_000_000)).digest('hex'));
    expect(result).toMatchObject({ stdout: '', stderr: 'end\n', exitStatus: 0 });
    expect(worst).toBeLessThan(40_000_000);
  });

  it('decodes characters that chunks cut', async () => {
    const { stdout } = await run('i=0; while [ $i -lt 30000 ]; do printf "東🚀é"; i=$((i+1)); done');
    expect(stdout).toBe('東🚀é'.repeat(30_000));
  });

  it('collects no more than 4 MiB, and the end of standard error', async () => {
    await expect(run('head -c 4194305 /dev/zero')).rejects.toMatchObject({ reason: 'output-too-long' });
    const { stderr } = await run('i=0; while [ $i -lt 20000 ]; do echo "line $i" >&2; i=$((i+1)); done');
    expect(Buffer.byteLength(stderr)).toBe(65_536);
    expect(stderr.endsWith('line 19999\n')).toBe(true);
  });

  it('gives up at once when aborted, and can be used again', async () => {
    const abort = new AbortController();
    const seen: string[] = [];
    const running = transport.exec(script('echo started; exec cat', {}), {
      signal: abort.signal,
      stdin: forever(),
      onStdout: (chunk) => {
        seen.push(Buffer.from(chunk).toString());
        abort.abort();
      },
    });
    await expect(running).rejects.toMatchObject({
      reason: 'cancelled',
      data: { machine: stage.target.machine },
    });
    expect(seen).toEqual(['started\n']);
    const late = transport.exec(script('exit 0'), { signal: abort.signal });
    await expect(late).rejects.toMatchObject({ reason: 'cancelled' });
    expect((await run('echo again')).stdout).toBe('again\n');
  });

  it('lets the error of a consumer through', async () => {
    const broken = new Error('disk of the consumer');
    const running = transport.exec(script('yes'), {
      signal: never(),
      onStdout: () => Promise.reject(broken),
    });
    await expect(running).rejects.toBe(broken);
  });

  it('runs many scripts at once, with and without root', async () => {
    const results = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        run('id -u; echo "$N"', { N: index }, index % 3 === 0 ? 'root' : 'login'),
      ),
    );
    expect(results.map(({ stdout }) => stdout)).toEqual(
      results.map((_, index) => `${index % 3 === 0 ? 0 : stage.uid}\n${index}\n`),
    );
  });

  it('says who it is, and makes a private directory', async () => {
    for (const as of ['login', 'root'] as const) {
      const identity = await transport.identity(as, never());
      expect(identity).toMatchObject({
        uid: as === 'root' ? 0 : stage.uid,
        stateDirectory: stage.stateDirectory(as),
      });
      const { stdout } = await run(
        'cat /proc/sys/kernel/random/boot_id; stat -c "%a %u" "$D"; id -un',
        {
          D: identity.stateDirectory,
        },
        as,
      );
      expect(stdout).toBe(`${identity.bootId}\n700 ${identity.uid}\n${identity.user}\n`);
    }
  });

  it('reports a connection that is cut, and connects anew', async ({ skip }) => {
    if (!stage.cutConnections) return skip();
    const started: string[] = [];
    const running = transport.exec(script('echo started; exec cat'), {
      signal: never(),
      stdin: forever(),
      onStdout: (chunk) => {
        started.push(Buffer.from(chunk).toString());
      },
    });
    running.catch(() => undefined);
    await eventually('the script runs', () => started.length > 0);
    await stage.cutConnections();
    await expect(running).rejects.toMatchObject({ reason: 'connection-lost' });
    expect((await run('echo again')).stdout).toBe('again\n');
  });
});

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) {
    yield await Promise.resolve(bytes.subarray(start, start + size));
  }
}

function forever(): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }) };
}
