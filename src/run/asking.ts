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

/**
 * The questions of the transports: secrets from the environment first (each once, so that a wrong one is
 * not offered for ever), then `ask`.
 */
export function questionsOf(ask: Ask, environment: Readonly<Record<string, string | undefined>>): Questions {
  const offered = new Set<string>();
  return {
    async acceptHostKey(question, signal) {
      return (await ask(question, signal)) === true;
    },
    async secret(question, signal) {
      const key = JSON.stringify(question);
      const fromEnvironment = offered.has(key) ? undefined : secretFromEnvironment(question, environment);
      offered.add(key);
      if (fromEnvironment !== undefined) return fromEnvironment;
      const answer = await ask(question, signal);
      return typeof answer === 'string' ? answer : undefined;
    },
  };
}
