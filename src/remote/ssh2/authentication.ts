import ssh2, {
  type AnyAuthMethod,
  type AuthHandlerMiddleware,
  type IdentityCallback,
  type ParsedKey,
  type Prompt,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2';
import { TransportError } from '../error.ts';
import type { Question, Questions } from '../questions.ts';
import type { SshConfig } from '../sshConfigParse.ts';
import { printable } from './printable.ts';
import { collectIdentities, type Identities, type Identity } from './identities.ts';

const { BaseAgent } = ssh2;

export type AuthenticationRequest = {
  readonly machine: string;
  readonly config: SshConfig;
  readonly questions: Questions;
  readonly signal: AbortSignal;
  /** A question of the server that nobody answers: the login ends at once, no wrong answer is sent. */
  readonly giveUp: (error: TransportError) => void;
};

export type Authentication = {
  readonly handler: AuthHandlerMiddleware;
  /** Why it failed, once the handler ran out of methods or the server closed the door. */
  readonly failure: (cause?: unknown) => TransportError;
};

/** What the server said to the last method. */
type Answer = { readonly allowed: readonly string[]; readonly partial: boolean };
type Attempts = AsyncGenerator<AnyAuthMethod, Answer, Answer>;
type PlainAttempts = Generator<AnyAuthMethod, Answer, Answer>;
type Method = 'publickey' | 'keyboard-interactive' | 'password';
const OURS: readonly string[] = ['publickey', 'keyboard-interactive', 'password'] satisfies readonly Method[];

/**
 * Logging in, in the order of PreferredAuthentications (default: keys, keyboard-interactive, password). Several
 * methods in a row (AuthenticationMethods of sshd_config) work too. All secrets come from `questions`; at most
 * NumberOfPasswordPrompts of them are refused before it ends.
 */
export function authentication(request: AuthenticationRequest): Authentication {
  const login = new Login(request);
  const attempts = login.attempts();
  return {
    handler: (methodsLeft, partialSuccess, next) => {
      // The types say arrays and booleans; before the first attempt both are null.
      const allowed = (methodsLeft as readonly string[] | null) ?? [];
      const partial = (partialSuccess as boolean | null) ?? false;
      // The types forget `false`, which ends it (ssh2's README, authHandler).
      const proceed = next as unknown as (method: AnyAuthMethod | false) => void;
      attempts.next({ allowed, partial }).then(
        (step) => {
          proceed(step.done === true ? false : step.value);
        },
        (error: unknown) => {
          login.broken = error;
          proceed(false);
        },
      );
    },
    failure: (cause) => login.failure(cause),
  };
}

class Login {
  broken: unknown;
  readonly #request: AuthenticationRequest;
  readonly #tried: string[] = [];
  #allowed: readonly string[] = [];
  #identities: Identities = { usable: [], unsupported: [], unusable: [] };
  #refusedSecrets = 0;
  #unanswered = false;
  #signatureProblem: string | undefined;

  constructor(request: AuthenticationRequest) {
    this.#request = request;
  }

  async *attempts(): AsyncGenerator<AnyAuthMethod, undefined, Answer> {
    const { config } = this.#request;
    const enabled: Readonly<Record<Method, boolean>> = {
      publickey: config.pubkeyAuthentication,
      'keyboard-interactive': config.kbdInteractiveAuthentication && !config.batchMode,
      password: config.passwordAuthentication && !config.batchMode,
    };
    const run: Readonly<Record<Method, () => Attempts | PlainAttempts>> = {
      publickey: () => this.#publicKeys(),
      'keyboard-interactive': () => this.#keyboard(),
      password: () => this.#passwords(),
    };
    const pending = new Set(
      config.preferredAuthentications.filter(
        (name): name is Method => name in enabled && enabled[name as Method],
      ),
    );
    let answer = yield { type: 'none', username: config.user };
    for (;;) {
      this.#allowed = answer.allowed;
      const method = [...pending].find((name) => answer.allowed.includes(name));
      if (method === undefined) return undefined;
      pending.delete(method);
      answer = yield* run[method]();
    }
  }

  async *#publicKeys(): Attempts {
    const { machine, config, questions, signal } = this.#request;
    this.#identities = await collectIdentities(config, (keyFile, again) =>
      questions.secret({ kind: 'passphrase', machine, keyFile, ...again }, signal),
    );
    let answer: Answer = { allowed: this.#allowed, partial: false };
    for (const identity of this.#identities.usable) {
      this.#note('publickey');
      const agent = new OneKeyAgent(identity);
      answer = yield { type: 'agent', username: config.user, agent };
      this.#signatureProblem = agent.problem ?? this.#signatureProblem;
      // ssh2 keeps no account of a partial success of an agent's key: ask the server anew what it wants next.
      if (agent.signed) {
        answer = yield { type: 'none', username: config.user };
        if (!answer.allowed.includes('publickey')) break;
      }
    }
    return { ...answer, allowed: answer.allowed.length > 0 ? answer.allowed : this.#allowed };
  }

  *#keyboard(): PlainAttempts {
    const { config } = this.#request;
    let answer: Answer = { allowed: this.#allowed, partial: false };
    while (this.#mayAsk()) {
      const rounds: number[] = [];
      this.#note('keyboard-interactive');
      answer = yield {
        type: 'keyboard-interactive',
        username: config.user,
        prompt: (...[name, instructions, , prompts, finish]) => {
          rounds.push(prompts.length);
          void this.#answers([name, instructions], prompts).then((answers) => {
            if (answers === undefined) this.#request.giveUp(this.failure());
            else finish([...answers]);
          });
        },
      };
      if (answer.partial || !answer.allowed.includes('keyboard-interactive')) return answer;
      this.#refusedSecrets += 1;
      // The server has no question for us: asking again changes nothing.
      if (rounds.length === 0) return answer;
    }
    return answer;
  }

  async *#passwords(): Attempts {
    const { machine, config } = this.#request;
    let answer: Answer = { allowed: this.#allowed, partial: false };
    while (this.#mayAsk()) {
      const host = config.hostName;
      const password = await this.#secret({
        kind: 'password',
        machine,
        user: config.user,
        host,
        ...this.#again(),
      });
      if (password === undefined) return answer;
      this.#note('password');
      answer = yield { type: 'password', username: config.user, password };
      if (answer.partial || !answer.allowed.includes('password')) return answer;
      this.#refusedSecrets += 1;
    }
    return answer;
  }

  #mayAsk(): boolean {
    return !this.#unanswered && this.#refusedSecrets < this.#request.config.numberOfPasswordPrompts;
  }

  /** undefined where nobody answers. */
  async #answers(
    heading: readonly string[],
    prompts: readonly Prompt[],
  ): Promise<readonly string[] | undefined> {
    const { machine, config } = this.#request;
    const answers: string[] = [];
    for (const { prompt, echo = false } of prompts) {
      const isPassword = prompts.length === 1 && !echo && /^\s*password(\s.{0,80})?:\s*$/i.test(prompt);
      const text = [...heading, prompt].map(printable).filter(Boolean).join(' ');
      const answer = await this.#secret(
        isPassword
          ? { kind: 'password', machine, user: config.user, host: config.hostName, ...this.#again() }
          : { kind: 'prompt', machine, prompt: text, echo },
      );
      if (answer === undefined) return undefined;
      answers.push(answer);
    }
    return answers;
  }

  async #secret(question: Exclude<Question, { kind: 'host-key' }>): Promise<string | undefined> {
    const answer = await this.#request.questions
      .secret(question, this.#request.signal)
      .catch((error: unknown) => {
        this.broken = error;
        return undefined;
      });
    if (answer === undefined) this.#unanswered = true;
    return answer;
  }

  #again(): { readonly again?: true } {
    return this.#refusedSecrets > 0 ? { again: true } : {};
  }

  #note(method: string): void {
    if (!this.#tried.includes(method)) this.#tried.push(method);
  }

  failure(cause?: unknown): TransportError {
    const { machine, config, signal } = this.#request;
    if (signal.aborted) return TransportError.of('cancelled', { machine });
    if (TransportError.is(this.broken)) return this.broken;
    const { unsupported, unusable } = this.#identities;
    const foreign = this.#allowed.length > 0 && !this.#allowed.some((method) => OURS.includes(method));
    if (foreign)
      return TransportError.of('not-supported', { machine, what: `a login by ${this.#allowed.join(', ')}` });
    const asked = this.#tried.some((method) => method !== 'publickey');
    const data = { machine, user: config.user, host: config.hostName };
    if (unsupported.length > 0 && !asked)
      return TransportError.of(
        'not-supported',
        { ...data, what: unsupported.join(', ') },
        this.broken ?? cause,
      );
    if (unusable.length > 0 && this.#tried.length === 0)
      return TransportError.of('key-unusable', { ...data, files: unusable.join(', ') }, this.broken ?? cause);
    const details = [
      this.#unanswered ? 'a question was not answered' : undefined,
      this.#signatureProblem,
      ...unusable,
      cause instanceof Error ? printable(cause.message) : undefined,
    ];
    return TransportError.of(
      'authentication',
      {
        ...data,
        tried: this.#tried.join(', ') || 'none',
        allowed: this.#allowed.join(', ') || 'unknown',
        detail: details.filter(Boolean).join('; ') || 'the server said no more',
      },
      this.broken ?? cause,
    );
  }
}

type SignParameters = [
  key: ParsedKey,
  data: Buffer,
  options: SigningRequestOptions | SignCallback,
  callback?: SignCallback,
];

/**
 * Offers one key to ssh2, which then first asks the server whether it would do, and only then for a signature:
 * so a passphrase is asked for only where it opens the door.
 */
class OneKeyAgent extends BaseAgent<ParsedKey> {
  signed = false;
  problem: string | undefined;
  readonly #identity: Identity;

  constructor(identity: Identity) {
    super();
    this.#identity = identity;
  }

  override getIdentities(done: IdentityCallback<ParsedKey>): void {
    done(undefined, [this.#identity.publicKey]);
  }

  override sign(...[, data, options, callback]: SignParameters): void {
    const done = typeof options === 'function' ? options : callback;
    const settings = typeof options === 'function' ? {} : options;
    this.#identity.sign(data, settings).then(
      (signature) => {
        this.signed = true;
        done?.(undefined, signature);
      },
      (error: unknown) => {
        this.problem = error instanceof Error ? error.message : String(error);
        done?.(new Error(this.problem));
      },
    );
  }
}
