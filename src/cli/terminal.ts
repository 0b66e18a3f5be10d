import type { Ask } from '../run/asking.ts';
import type { Answering } from '../run/client.ts';
import type { Answer, RunQuestion } from '../run/control.ts';
import { openPrompter, PromptError, type Prompter } from './prompter.ts';

/** Writes a line for the user's eyes; results go to standard output, everything else to standard error. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

export function isInteractive(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Ctrl-C at a prompt is the same as everywhere: the terminal gives no signal while a line is edited. */
const terminal = openPrompter({
  input: process.stdin,
  output: process.stderr,
  onInterrupt: () => {
    process.emit('SIGINT', 'SIGINT');
  },
});

/**
 * A yes-or-no question; anything but a clear yes is no, and so is Ctrl-D.
 *
 * @throws PromptError `interrupted`, `withdrawn`.
 */
export async function confirm(
  text: string,
  signal: AbortSignal,
  prompter: Prompter = terminal,
): Promise<boolean> {
  try {
    return /^(y|yes)$/i.test((await prompter.prompt(`${text} [y/N] `, 'shown', signal)).trim());
  } catch (error) {
    if (error instanceof PromptError && error.end === 'closed') return false;
    throw error;
  }
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

/** A secret; an empty line says that there is none. */
async function secret(prompter: Prompter, text: string, signal: AbortSignal): Promise<Answer> {
  return (await prompter.prompt(text, 'hidden', signal)) || null;
}

/**
 * What a person answers. Null only where they refuse: an empty line for a secret.
 *
 * @throws PromptError where they answer nothing: Ctrl-C, Ctrl-D, the question was settled elsewhere.
 */
export async function askPerson(
  question: RunQuestion,
  signal: AbortSignal,
  prompter: Prompter = terminal,
): Promise<Answer> {
  const yesOrNo = async (text: string): Promise<Answer> =>
    /^(y|yes)$/i.test((await prompter.prompt(`${text} [y/N] `, 'shown', signal)).trim());
  switch (question.kind) {
    case 'host-key':
      return yesOrNo(hostKeyText(question));
    case 'lease':
      return yesOrNo(leaseText(question));
    case 'password':
      return secret(
        prompter,
        `Password of ${question.user}@${question.host} (${question.machine}): `,
        signal,
      );
    case 'passphrase':
      return secret(prompter, `Passphrase of key ${question.keyFile} (${question.machine}): `, signal);
    case 'sudo-password':
      return secret(prompter, `sudo password of ${question.user} on ${question.machine}: `, signal);
    case 'prompt':
      // Pressing Enter may be what a second factor asks for.
      return prompter.prompt(
        `${question.machine}: ${question.prompt}`,
        question.echo ? 'shown' : 'hidden',
        signal,
      );
  }
}

/** Asks the person at the terminal; null where there is none, or none answers. For machines that a command reaches itself. */
export const askTerminal: Ask = async (question, signal): Promise<Answer> => {
  if (!isInteractive()) return null;
  return askPerson(question, signal).catch((error: unknown) => {
    if (error instanceof PromptError) return null;
    throw error;
  });
};

/** Answers a runner's questions; where there is no person, or none answers, they stay open for somebody else. */
export const answerRunner: Answering = async (question, signal) => {
  if (!isInteractive()) return undefined;
  return askPerson(question, signal).catch((error: unknown) => {
    if (!(error instanceof PromptError)) throw error;
    if (error.end === 'closed') say('Not answered: the run waits until somebody follows it and answers.');
    return undefined;
  });
};
