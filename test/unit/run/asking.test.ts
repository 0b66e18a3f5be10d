import { describe, expect, it } from 'vitest';
import { journalledAsk, questionsOf, secretFromEnvironment } from '../../../src/run/asking.ts';
import type { Answer, Control } from '../../../src/run/control.ts';
import type { NewEvent } from '../../../src/run/events.ts';

const never = new AbortController().signal;
const sudo = { kind: 'sudo-password', machine: 'vm-1.lab', user: 'ada' } as const;
const password = { kind: 'password', machine: 'r1', user: 'ada', host: 'r1.lab' } as const;
const hostKey = {
  kind: 'host-key',
  machine: 'r1',
  host: 'r1.lab',
  keyType: 'ssh-ed25519',
  fingerprint: 'SHA256:x',
  file: '~/.ssh/known_hosts',
} as const;

/** Answers one after the other, then null; counts how often somebody was asked. */
function asker(...answers: readonly Answer[]): {
  readonly ask: () => Promise<Answer>;
  readonly count: () => number;
} {
  let count = 0;
  return {
    ask: () => {
      count += 1;
      return Promise.resolve(answers[count - 1] ?? null);
    },
    count: () => count,
  };
}

describe('A secret of the environment', () => {
  it.each([
    [
      'the one of the machine before the one of all',
      { KVM_PARITY_SUDO_PASSWORD_VM_1_LAB: 'a', KVM_PARITY_SUDO_PASSWORD: 'b' },
      'a',
    ],
    [
      'the one of all where the machine has none',
      { KVM_PARITY_SUDO_PASSWORD: 'b', KVM_PARITY_SUDO_PASSWORD_R1: 'c' },
      'b',
    ],
    ['none where there is only one of another kind', { KVM_PARITY_PASSWORD: 'd' }, undefined],
  ])('is %s', (_which, environment, secret) => {
    expect(secretFromEnvironment(sudo, environment)).toBe(secret);
  });

  it('is never an answer to a prompt of the server: nobody knows what it asks', () => {
    const prompt = { kind: 'prompt', machine: 'r1', prompt: 'Code: ', echo: false } as const;
    expect(secretFromEnvironment(prompt, { KVM_PARITY_PASSWORD: 'd' })).toBeUndefined();
  });

  it('is not offered again where it was refused; then a person is asked', async () => {
    const { ask, count } = asker('typed wrong', 'typed right');
    const questions = questionsOf(ask, { KVM_PARITY_PASSWORD: 'wrong' });
    expect(await questions.secret(password, never)).toBe('wrong');
    expect(await questions.secret({ ...password, again: true }, never)).toBe('typed wrong');
    expect(await questions.secret({ ...password, again: true }, never)).toBe('typed right');
    expect(await questions.secret(password, never)).toBe('typed right');
    expect(count()).toBe(2);
    expect(await questions.secret({ ...password, machine: 'vm1' }, never)).toBe('wrong');
  });
});

describe('A secret that somebody typed', () => {
  it('is kept for the next connection, for that question only', async () => {
    const { ask, count } = asker('of r1', 'of vm1');
    const questions = questionsOf(ask, {});
    expect(await questions.secret(password, never)).toBe('of r1');
    expect(await questions.secret({ ...password, machine: 'vm1' }, never)).toBe('of vm1');
    expect(await questions.secret(password, never)).toBe('of r1');
    expect(count()).toBe(2);
  });

  it('is not kept where it is another one every time', async () => {
    const { ask, count } = asker('111111', '222222');
    const questions = questionsOf(ask, {});
    const prompt = { kind: 'prompt', machine: 'r1', prompt: 'Code: ', echo: false } as const;
    expect(await questions.secret(prompt, never)).toBe('111111');
    expect(await questions.secret(prompt, never)).toBe('222222');
    expect(count()).toBe(2);
  });

  it('that was not given is asked for again', async () => {
    const { ask } = asker(null, 'late');
    const questions = questionsOf(ask, {});
    expect(await questions.secret(password, never)).toBeUndefined();
    expect(await questions.secret(password, never)).toBe('late');
  });
});

describe('The questions of the transports', () => {
  it('accept a host key only where somebody says yes', async () => {
    for (const answer of [null, false, 'yes', 'true'] as const) {
      expect(await questionsOf(asker(answer).ask, {}).acceptHostKey(hostKey, never)).toBe(false);
    }
    expect(await questionsOf(asker(true).ask, {}).acceptHostKey(hostKey, never)).toBe(true);
  });

  it('take only text for a secret', async () => {
    for (const answer of [null, true, false] as const)
      expect(await questionsOf(asker(answer).ask, {}).secret(password, never)).toBeUndefined();
    expect(await questionsOf(asker('').ask, {}).secret(password, never)).toBe('');
  });
});

describe('What the journal says of a question', () => {
  it('is that it was asked and answered, never the answer', async () => {
    const events: NewEvent[] = [];
    const control: Control = {
      ask: (question) => Promise.resolve(question.machine === 'r1' ? 'hunter2' : null),
      close: () => Promise.resolve(),
    };
    const ask = journalledAsk(control, (event) => Promise.resolve(void events.push(event)));
    expect(await ask(password, never)).toBe('hunter2');
    expect(await ask(sudo, never)).toBeNull();
    expect(events).toEqual([
      { kind: 'question-asked', id: 1, about: 'password', machine: 'r1' },
      { kind: 'question-answered', id: 1, given: true },
      { kind: 'question-asked', id: 2, about: 'sudo-password', machine: 'vm-1.lab' },
      { kind: 'question-answered', id: 2, given: false },
    ]);
    expect(JSON.stringify(events)).not.toContain('hunter2');
  });
});
