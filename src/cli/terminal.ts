import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import type { Ask } from '../run/asking.ts';
import type { Answer, RunQuestion } from '../run/control.ts';

/** Writes a line for the user's eyes; results go to standard output, everything else to standard error. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function isInteractive(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Swallows what the terminal would echo, but for the prompt itself. */
function mutedOutput(): Writable {
  return new Writable({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
}

async function prompt(text: string, echo: 'shown' | 'hidden', signal: AbortSignal): Promise<string> {
  process.stderr.write(text);
  const output = echo === 'shown' ? process.stderr : mutedOutput();
  const reader = createInterface({ input: process.stdin, output, terminal: true });
  try {
    return await reader.question('', { signal });
  } finally {
    reader.close();
    if (echo === 'hidden') process.stderr.write('\n');
  }
}

/** A yes-or-no question; anything but a clear yes is no. */
export async function confirm(text: string, signal: AbortSignal): Promise<boolean> {
  return /^(y|yes)$/i.test((await prompt(`${text} [y/N] `, 'shown', signal)).trim());
}

function hostKeyText(question: RunQuestion & { readonly kind: 'host-key' }): string {
  return [
    `The host key of ${question.machine} (${question.host}) is not known.`,
    `${question.keyType} ${question.fingerprint}`,
    `Compare it with what the machine itself says (ssh-keygen -lf on it). Trust it and write it to ${question.file}?`,
  ].join('\n');
}

function leaseText(question: RunQuestion & { readonly kind: 'lease' }): string {
  const job = { alive: 'still runs', dead: 'runs no more', unknown: 'cannot be seen from the host' }[
    question.job
  ];
  const boot = question.boot === 'other' ? ' The host was booted since.' : '';
  return `Host ${question.machine} is taken by run ${question.run} of ${question.owner}; its job ${job}.${boot} Take it over?`;
}

/** Asks the person at the terminal; null where there is none. */
export const askTerminal: Ask = async (question, signal): Promise<Answer> => {
  if (!isInteractive()) return null;
  switch (question.kind) {
    case 'host-key':
      return confirm(hostKeyText(question), signal);
    case 'lease':
      return confirm(leaseText(question), signal);
    case 'password':
      return prompt(
        `Password of ${question.user}@${question.host} (${question.machine}): `,
        'hidden',
        signal,
      );
    case 'passphrase':
      return prompt(`Passphrase of key ${question.keyFile} (${question.machine}): `, 'hidden', signal);
    case 'sudo-password':
      return prompt(`sudo password of ${question.user} on ${question.machine}: `, 'hidden', signal);
    case 'prompt':
      return prompt(`${question.machine}: ${question.prompt}`, question.echo ? 'shown' : 'hidden', signal);
  }
};
