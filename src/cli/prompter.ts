import type { Readable, Writable } from 'node:stream';
import { createInterface } from 'node:readline/promises';
import { Writable as OutputStream } from 'node:stream';

/** Why a prompt got no answer: Ctrl-C, Ctrl-D (or the end of the input), or nobody waits for it any more. */
export type PromptEnd = 'interrupted' | 'closed' | 'withdrawn';

/** A prompt that was not answered. */
export class PromptError extends Error {
  readonly end: PromptEnd;

  constructor(end: PromptEnd) {
    super(`prompt ${end}`);
    this.end = end;
  }
}

export type Prompter = {
  /**
   * Asks one line. Prompts are asked one after the other, in the order of their calls: one typed line answers one.
   *
   * @throws PromptError
   */
  prompt(text: string, echo: 'shown' | 'hidden', signal: AbortSignal): Promise<string>;
};

/** Swallows what the terminal would echo. */
function mutedOutput(): Writable {
  return new OutputStream({
    write: (_chunk, _encoding, done) => {
      done();
    },
  });
}

export type PromptStreams = {
  readonly input: Readable;
  readonly output: Writable;
  /** Ctrl-C was typed: the terminal gives no signal while a line is edited. */
  readonly onInterrupt: () => void;
};

/** A terminal, or what stands for one, that several callers may want to ask at once. */
export function openPrompter({ input, output, onInterrupt }: PromptStreams): Prompter {
  let queue: Promise<unknown> = Promise.resolve();

  const ask = (text: string, echo: 'shown' | 'hidden', signal: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(new PromptError('withdrawn'));
        return;
      }
      const lineOutput = echo === 'shown' ? output : mutedOutput();
      const reader = createInterface({ input, output: lineOutput, terminal: true });
      // Shown when keys are read one by one: what is typed at once after it must not meet the terminal's own line mode.
      output.write(text);
      const withdraw = (): void => {
        end(() => {
          reject(new PromptError('withdrawn'));
        });
      };
      // The first end counts: closing the reader is told to it once more.
      const end = (how: () => void): void => {
        signal.removeEventListener('abort', withdraw);
        how();
        reader.close();
      };
      signal.addEventListener('abort', withdraw);
      reader.once('line', (line) => {
        if (echo === 'hidden') output.write('\n');
        end(() => {
          resolve(line);
        });
      });
      reader.once('SIGINT', () => {
        output.write('\n');
        end(() => {
          reject(new PromptError('interrupted'));
        });
        onInterrupt();
      });
      reader.once('close', () => {
        reject(new PromptError('closed'));
        signal.removeEventListener('abort', withdraw);
      });
    });

  return {
    prompt(text, echo, signal) {
      const answer = queue.then(() => ask(text, echo, signal));
      queue = answer.catch(() => undefined);
      return answer;
    },
  };
}
