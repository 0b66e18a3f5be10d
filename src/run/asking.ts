import type { Question, Questions } from '../remote/questions.ts';
import type { Answer, Control, RunQuestion } from './control.ts';
import type { NewEvent } from './events.ts';

/** Secrets that the environment may hold, so that a run can go on without a person. */
const SECRET_VARIABLES: Readonly<Record<Exclude<Question['kind'], 'host-key' | 'prompt'>, string>> = {
  password: 'KVM_PARITY_PASSWORD',
  passphrase: 'KVM_PARITY_PASSPHRASE',
  'sudo-password': 'KVM_PARITY_SUDO_PASSWORD',
};

/** `KVM_PARITY_SUDO_PASSWORD_VM1` before `KVM_PARITY_SUDO_PASSWORD`. */
export function secretFromEnvironment(
  question: Exclude<Question, { kind: 'host-key' }>,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (question.kind === 'prompt') return undefined;
  const variable = SECRET_VARIABLES[question.kind];
  const suffix = question.machine.toUpperCase().replace(/[^A-Z0-9]/g, '_');
  return environment[`${variable}_${suffix}`] ?? environment[variable];
}

function textOf(answer: Answer): string | undefined {
  return typeof answer === 'string' ? answer : undefined;
}

export type Ask = (question: RunQuestion, signal: AbortSignal) => Promise<Answer>;

/** Asks over the runner's socket; that it was asked and answered is journalled, the answer is not. */
export function journalledAsk(control: Control, record: (event: NewEvent) => Promise<unknown>): Ask {
  let count = 0;
  return async (question, signal) => {
    count += 1;
    const id = count;
    await record({ kind: 'question-asked', id, about: question.kind, machine: question.machine });
    const answer = await control.ask(question, signal);
    await record({ kind: 'question-answered', id, given: answer !== null });
    return answer;
  };
}

/** What names a secret, however often it is asked for; null for what is never the same twice (second factors). */
function secretKey(question: Exclude<Question, { kind: 'host-key' }>): string | null {
  return question.kind === 'prompt' ? null : JSON.stringify({ ...question, again: undefined });
}

/**
 * The questions of the transports: secrets from the environment first, then `ask`. An answer is kept in memory
 * for the next connection, so that a night of reconnecting needs nobody, and forgotten when it was refused.
 */
export function questionsOf(ask: Ask, environment: Readonly<Record<string, string | undefined>>): Questions {
  const answers = new Map<string, string>();
  const refusedEnvironment = new Set<string>();
  return {
    async acceptHostKey(question, signal) {
      return (await ask(question, signal)) === true;
    },
    async secret(question, signal) {
      const key = secretKey(question);
      if (key === null) return textOf(await ask(question, signal));
      if ('again' in question && question.again === true) {
        answers.delete(key);
        refusedEnvironment.add(key);
      }
      const fromEnvironment = refusedEnvironment.has(key)
        ? undefined
        : secretFromEnvironment(question, environment);
      const answer = answers.get(key) ?? fromEnvironment ?? textOf(await ask(question, signal));
      if (answer !== undefined) answers.set(key, answer);
      return answer;
    },
  };
}
