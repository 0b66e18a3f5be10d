import { describe, expect, test } from 'vitest';
import { readCaptures } from '../../../../src/core/facts/probe/frame.ts';
import { probeCall } from '../../../../src/core/facts/probe/probe.ts';
import { payload } from '../../../../src/core/script/script.ts';
import { failureOf } from './fixture.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

const FRAME =
  'N begin 1\nN errors 4\nçé\nN capture 3 2 5\ncat\u20acab\n' +
  'N errors 0\n\nN capture 4 0 6\nechoN end\n\nN end\n';

describe('the frame of a probe', () => {
  test('gives every byte back, also our own marks in an output', () => {
    expect(readCaptures(encode(FRAME), 'N')).toEqual([
      { command: 'cat', exitStatus: 2, output: '\u20acab', errors: 'çé' },
      { command: 'echo', exitStatus: 0, output: 'N end\n', errors: '' },
    ]);
  });

  test('may stand after what a shell profile says, and before a goodbye', () => {
    expect(readCaptures(encode(`Welcome N begin\n${FRAME}bye\n`), 'N')).toHaveLength(2);
  });

  test('cut anywhere is incomplete', () => {
    const bytes = encode(FRAME);
    for (let length = 0; length < bytes.length; length += 1) {
      const { reason } = failureOf(() => readCaptures(bytes.subarray(0, length), 'N'));
      expect(reason).toBe('probe-incomplete');
    }
  });

  test('with a stranger in it is damaged', () => {
    const broken = FRAME.replace('N capture 3', 'kernel: hello\nN capture 3');
    expect(failureOf(() => readCaptures(encode(broken), 'N')).reason).toBe('probe-damaged');
    expect(failureOf(() => readCaptures(encode(FRAME.replace('errors 4', 'errors 3')), 'N')).reason).toBe(
      'probe-damaged',
    );
  });

  test('keeps a byte order mark and shows what is no UTF-8', () => {
    const bytes = new Uint8Array([
      ...encode('N begin 1\nN errors 0\n\nN capture 1 0 4\na'),
      0xef,
      0xbb,
      0xbf,
      0xff,
      ...encode('\nN end\n'),
    ]);
    expect(readCaptures(bytes, 'N')[0]?.output).toBe('\uFEFF\uFFFD');
  });
});

describe('the call of a probe', () => {
  test('carries hostile values as values', () => {
    const record = ["echo 'a'; rm -rf /", 'two\nlines'];
    const { script, parameters } = probeCall({ nonce: 'abc123', domain: "vm'1 $(x)", record });
    expect(parameters).toMatchObject({
      DOMAIN: "vm'1 $(x)",
      RECORD_COUNT: 2,
      RECORD_1: record[0],
      RECORD_2: record[1],
    });
    expect(payload(script, parameters).endsWith(script.text)).toBe(true);
  });

  test('refuses a nonce that the frame could not carry', () => {
    expect(() => probeCall({ nonce: 'a b', domain: null, record: [] })).toThrow(RangeError);
  });
});
