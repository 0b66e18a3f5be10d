import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { openPrompter, type Prompter } from '../../../src/cli/prompter.ts';
import { askPerson, confirm } from '../../../src/cli/terminal.ts';

const never = new AbortController().signal;

type Terminal = {
  readonly prompter: Prompter;
  readonly type: (text: string) => void;
  readonly shown: () => string;
  readonly interrupts: () => number;
  /** Waits until the prompt is on the screen. */
  readonly until: (text: string) => Promise<void>;
};

function terminal(): Terminal {
  const input = new PassThrough();
  const output = new PassThrough();
  let shown = '';
  let interrupts = 0;
  output.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
  });
  return {
    prompter: openPrompter({
      input,
      output,
      onInterrupt: () => {
        interrupts += 1;
      },
    }),
    type: (text) => void input.write(text),
    shown: () => shown,
    interrupts: () => interrupts,
    until: (text) =>
      expect
        .poll(() => shown, { interval: 2 })
        .toContain(text)
        .then(() => undefined),
  };
}

describe('Prompts that are asked at once', () => {
  it('are shown one after the other, and one line answers one of them', async () => {
    const { prompter, type, until, shown } = terminal();
    const r1 = prompter.prompt('password of r1: ', 'hidden', never);
    const vm1 = prompter.prompt('password of vm1: ', 'hidden', never);
    await until('r1: ');
    type('for r1\r');
    expect(await r1).toBe('for r1');
    await until('vm1: ');
    type('for vm1\r');
    expect(await vm1).toBe('for vm1');
    expect(shown()).not.toContain('for ');
    expect(shown()).toBe('password of r1: \npassword of vm1: \n');
  });

  it('leave the terminal to the next one when nobody waits for an answer any more', async () => {
    const { prompter, type, until, shown } = terminal();
    const settled = new AbortController();
    const first = prompter.prompt('first: ', 'shown', settled.signal);
    const second = prompter.prompt('second: ', 'shown', AbortSignal.abort());
    const third = prompter.prompt('third: ', 'shown', never);
    await until('first: ');
    settled.abort();
    await expect(first).rejects.toMatchObject({ end: 'withdrawn' });
    await expect(second).rejects.toMatchObject({ end: 'withdrawn' });
    await until('third: ');
    type('yes\r');
    expect(await third).toBe('yes');
    expect(shown()).not.toContain('second');
  });
});

describe('A prompt', () => {
  it('ends with Ctrl-C, which is passed on, once', async () => {
    const { prompter, type, until, interrupts } = terminal();
    const asked = prompter.prompt('go on? ', 'shown', never);
    await until('go on?');
    type('y\u0003');
    await expect(asked).rejects.toMatchObject({ end: 'interrupted' });
    expect(interrupts()).toBe(1);
  });

  it('ends with Ctrl-D; for a yes-or-no question that is a no', async () => {
    const { prompter, type, until, interrupts } = terminal();
    const asked = prompter.prompt('secret: ', 'hidden', never);
    await until('secret: ');
    type('\u0004');
    await expect(asked).rejects.toMatchObject({ end: 'closed' });
    const question = confirm('go on?', never, prompter);
    await until('go on?');
    type('\u0004');
    expect(await question).toBe(false);
    expect(interrupts()).toBe(0);
  });
});

describe('What a person says to a question of a run', () => {
  const sudo = { kind: 'sudo-password', machine: 'vm1', user: 'ada' } as const;

  it('is a refusal where a secret is empty, but Enter may be what a server asks for', async () => {
    const { prompter, type, until } = terminal();
    const secret = askPerson(sudo, never, prompter);
    await until('vm1: ');
    type('\r');
    expect(await secret).toBeNull();
    const prompt = { kind: 'prompt', machine: 'r1', prompt: 'Press Enter ', echo: false } as const;
    const pressed = askPerson(prompt, never, prompter);
    await until('Enter ');
    type('\r');
    expect(await pressed).toBe('');
  });

  it('is nothing at all with Ctrl-C: the question stays open', async () => {
    const { prompter, type, until } = terminal();
    const secret = askPerson(sudo, never, prompter);
    await until('vm1: ');
    type('\u0003');
    await expect(secret).rejects.toMatchObject({ end: 'interrupted' });
  });
});
