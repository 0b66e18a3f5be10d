import { payload } from '../../core/script/script.ts';
import type { Script, ParameterValues } from '../../core/script/script.ts';
import { TransportError } from '../error.ts';
import type { JobRef, Jobs, JobState } from '../jobs.ts';
import { Latch } from '../shell/latch.ts';
import { ask, TEXT_LIMIT } from '../shell/run.ts';
import type { ExecOptions, Transport } from '../transport.ts';
import { parseStart, parseState } from './answers.ts';
import {
  cancelScript,
  fetchScript,
  followScript,
  removeScript,
  startScript,
  stateScript,
  wrapperText,
} from './scripts.ts';

/** A follower that ends while its job runs, this often in a row and without a byte, is not going to work. */
const IDLE_FOLLOWERS = 3;

/** Between TERM and KILL for a script whose wrapper was killed. */
const ORPHAN_GRACE_SECONDS = 10;

type Work = { readonly script: Script; readonly values?: ParameterValues };

/** Jobs on the machine of a transport. */
export function jobsOf(transport: Transport): Jobs {
  const { machine } = transport;

  const call = async (job: JobRef, work: Work, options: ExecOptions): Promise<string> => {
    const { stateDirectory } = await transport.identity(job.as, options.signal);
    const parameters = { DIRECTORY: stateDirectory, JOB: directoryName(job.id), ...work.values };
    return ask(
      (scriptCall, execOptions) => transport.exec(scriptCall, execOptions),
      { script: work.script, parameters, as: job.as },
      { ...options, machine },
    );
  };

  const state = async (job: JobRef, signal: AbortSignal): Promise<JobState> =>
    parseState(machine, await call(job, { script: stateScript }, { signal }));

  const cancel: Jobs['cancel'] = async (job, { graceSeconds, signal }) => {
    await call(job, { script: cancelScript, values: { GRACE: Math.ceil(graceSeconds) } }, { signal });
    return state(job, signal);
  };

  return {
    async start(job, scriptCall, signal) {
      if (scriptCall.as !== job.as) throw new RangeError(`job ${job.id} is of ${job.as}, its script is not`);
      const text = Buffer.from(`${payload(scriptCall.script, scriptCall.parameters)}\n`);
      const output = await call(
        job,
        { script: startScript, values: { SIZE: text.length, WRAPPER: wrapperText } },
        { signal, stdin: once(text) },
      );
      return parseStart(machine, output);
    },

    async follow(job, { signal, offset, onBytes }) {
      let position = offset;
      const onStdout = async (chunk: Uint8Array): Promise<void> => {
        await onBytes(chunk);
        position += chunk.length;
      };
      for (let idle = 0; idle < IDLE_FOLLOWERS;) {
        let before = await state(job, signal);
        if (before.state === 'lost' && before.because === 'killed') {
          // The script may live on and write to the log.
          before = await cancel(job, { graceSeconds: ORPHAN_GRACE_SECONDS, signal });
        }
        if (before.state !== 'running') {
          if (before.state !== 'absent' && before.logBytes > position) {
            const values = { OFFSET: position, LENGTH: before.logBytes - position };
            await call(job, { script: fetchScript, values }, { signal, onStdout });
            if (position < before.logBytes) throw tooShort(machine, job, before.logBytes, position);
          }
          return before;
        }
        if (before.logBytes < position) throw tooShort(machine, job, position, before.logBytes);
        const start = position;
        await stayOpen(async (stdin) =>
          call(job, { script: followScript, values: { OFFSET: position } }, { signal, stdin, onStdout }),
        );
        idle = position > start ? 0 : idle + 1;
      }
      throw TransportError.of('script-failed', {
        machine,
        script: followScript.name,
        job: job.id,
        text: 'it ends while the job runs',
      });
    },

    state,

    cancel,

    async remove(job, signal) {
      const output = await call(job, { script: removeScript }, { signal });
      if (output === '') return;
      const text = output.trim().slice(0, TEXT_LIMIT);
      throw TransportError.of('script-failed', { machine, script: removeScript.name, job: job.id, text });
    },
  };
}

/**
 * A job's id as the name of one directory: what is not a letter, digit, `.`, `_`, `-` is percent-encoded, so
 * `measure-host/trial-2` is possible and no id leaves its place.
 *
 * @throws RangeError where it is empty or longer than a file name may be.
 */
export function directoryName(id: string): string {
  const name = [...Buffer.from(id)]
    .map((byte, index) => {
      const character = String.fromCharCode(byte);
      const isPlain = index === 0 ? /[A-Za-z0-9_]/ : /[A-Za-z0-9._-]/;
      return isPlain.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
  if (name === '' || name.length > 255) throw new RangeError(`not a job's id: ${id}`);
  return name;
}

/** Gives `use` a standard input that ends when `use` does: the machine sees the channel's end in it. */
async function stayOpen<T>(use: (stdin: AsyncIterable<Uint8Array>) => Promise<T>): Promise<T> {
  const over = new Latch();
  try {
    return await use({
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          await over.promise;
          return { done: true, value: undefined };
        },
      }),
    });
  } finally {
    over.open();
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- a standard input is asynchronous
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function tooShort(
  machine: string,
  job: JobRef,
  ...[wanted, found]: readonly [number, number]
): TransportError {
  return TransportError.of('answer-not-understood', {
    machine,
    job: job.id,
    text: `log of ${found} bytes where ${wanted} were expected`,
  });
}
