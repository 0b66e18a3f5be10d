import { describe, expect, it } from 'vitest';
import { parseStart, parseState } from '../../../src/remote/job/answers.ts';
import { parseHello } from '../../../src/remote/shell/identity.ts';

const BOOT = '6c542414-84c9-4a95-bc7f-9357dd4634b0';
const NOT_UNDERSTOOD = { reason: 'answer-not-understood' };

describe('what hello.sh says', () => {
  it('is read, whatever the directory is called', () => {
    const directory = "/home/it's\ndirectory /x";
    expect(parseHello('m', `uid 1000\nuser jo\nboot ${BOOT}\ndirectory ${directory}\n`)).toEqual({
      uid: 1000,
      user: 'jo',
      bootId: BOOT,
      stateDirectory: directory,
    });
  });

  it.each([
    '',
    'uid 1\n',
    `uid x\nuser jo\nboot ${BOOT}\ndirectory /x\n`,
    `uid 1\nuser jo\nboot ${BOOT}\ndirectory x\n`,
  ])('is refused where it is %j', (output) => {
    expect(() => parseHello('m', output)).toThrow(expect.objectContaining(NOT_UNDERSTOOD));
  });

  it('tells other systems and directories that are not ours', () => {
    expect(() => parseHello('m', 'not-linux Darwin\n')).toThrow(
      expect.objectContaining({ reason: 'not-linux', data: { machine: 'm', system: 'Darwin' } }),
    );
    expect(() => parseHello('m', 'refused owner /a b\n')).toThrow(
      expect.objectContaining({
        reason: 'state-directory',
        data: { machine: 'm', why: 'owner', path: '/a b' },
      }),
    );
  });
});

describe('what start.sh says', () => {
  it('is read', () => {
    expect(parseStart('m', `started 12 3456 ${BOOT}\n`)).toEqual({ state: 'started', pid: 12, bootId: BOOT });
    expect(parseStart('m', `exists 12 3456 ${BOOT}\n`)).toMatchObject({ state: 'exists' });
    for (const output of ['', 'started\n', `gone 1 2 ${BOOT}\n`, `started 1 2 ${BOOT}`]) {
      expect(() => parseStart('m', output)).toThrow(expect.objectContaining(NOT_UNDERSTOOD));
    }
  });
});

describe('what state.sh says', () => {
  it.each([
    ['absent\n', { state: 'absent' }],
    ['running 17\n', { state: 'running', logBytes: 17 }],
    ['lost reboot 5\n', { state: 'lost', because: 'reboot', logBytes: 5 }],
    ['lost killed 0\n', { state: 'lost', because: 'killed', logBytes: 0 }],
    [
      'exited 143 0 9\n',
      { state: 'exited', exitStatus: 143, freeBytes: 0, logBytes: 9, outputs: {}, badOutput: null },
    ],
    [
      'exited 0 4096 9\nA=1\n_b2=x = "y"\nA=2\nEMPTY=\n',
      {
        state: 'exited',
        exitStatus: 0,
        freeBytes: 4096,
        logBytes: 9,
        outputs: { A: '2', _b2: 'x = "y"', EMPTY: '' },
        badOutput: null,
      },
    ],
  ])('is read: %j', (output, state) => {
    expect(parseState('m', output)).toEqual(state);
  });

  it.each([
    '',
    'running\n',
    'running -1\n',
    'running 1 2\n',
    'exited 0 1\n',
    'lost twice 1\n',
    'lost killed\n',
    'dead\n',
  ])('is refused where it is %j', (output) => {
    expect(() => parseState('m', output)).toThrow(expect.objectContaining(NOT_UNDERSTOOD));
  });

  it.each(['A\n', '1A=x\n', 'A B=x\n', '=\n', '\n', 'A=x\r\n', 'A=cut off', 'A'])(
    'gives the outputs beside the bad one %j, whatever the status',
    (line) => {
      for (const status of [0, 1]) {
        expect(parseState('m', `exited ${status} 1 1\nOK=1\n${line}`)).toMatchObject({
          exitStatus: status,
          outputs: { OK: '1' },
          badOutput: line.replace(/\n$/, ''),
        });
      }
    },
  );
});
