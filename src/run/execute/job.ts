import { open, type FileHandle } from 'node:fs/promises';
import type { PlannedCall, Step } from '../../core/recipe/plan.ts';
import type { Script } from '../../core/script/script.ts';
import { directoryName } from '../../remote/job/jobs.ts';
import type { JobRef } from '../../remote/jobs.ts';
import type { Transport } from '../../remote/transport.ts';
import fetchedText from '../clean/fetched.sh';
import { runOwn } from '../undo/undo.ts';
import { scriptCall, type RunContext } from '../context.ts';
import { logFile } from '../directory.ts';
import { RunError } from '../error.ts';
import type { JobEnd } from '../events.ts';
import { fileName } from '../files.ts';
import { isCode } from '../journal.ts';
import { lastAttempt } from '../state.ts';

/** A measurement lasts hours and goes on without us: a machine out of reach is waited for through a night. */
const JOB_PATIENCE_MS = 24 * 3600_000;

/** Time between TERM and KILL when a job is cancelled. */
const GRACE_SECONDS = 10;

export type JobRun = { readonly step: Step; readonly attempt: number; readonly call: PlannedCall };

/** Appends to the log of one attempt; its size is the offset to go on from. */
async function openLog(file: string): Promise<{ readonly handle: FileHandle; size: number }> {
  const handle = await open(file, 'a', 0o600);
  return { handle, size: (await handle.stat()).size };
}

async function appendAll(handle: FileHandle, bytes: Uint8Array, file: string): Promise<void> {
  try {
    let written = 0;
    while (written < bytes.length) written += (await handle.write(bytes, written)).bytesWritten;
  } catch (cause) {
    if (isCode(cause, 'ENOSPC', 'EDQUOT')) throw new RunError('controller-disk-full', { file }, { cause });
    throw cause;
  }
}

/**
 * Runs a step's script as a detached job and follows it to its end, through lost connections and through
 * the death of an earlier runner: what the journal says was begun is taken up, not begun again.
 *
 * @throws TransportError when the machine stays out of reach; RunError `controller-disk-full`. The job lives on.
 */
export async function runJob(
  context: RunContext,
  run: JobRun,
  onStarted?: (pid: number) => Promise<void>,
): Promise<JobEnd> {
  const { step, attempt } = run;
  const known = lastAttempt(context.state.steps.get(step.id) ?? unknownStep(step.id))?.job ?? null;
  if (known?.end != null) return known.end;
  const job = { id: `${context.description.run}-${fileName(step.id)}-${attempt}`, as: run.call.as };
  if (known === null) {
    await context.record({
      kind: 'job-intended',
      step: step.id,
      attempt,
      job: job.id,
      machine: step.machine,
      as: job.as,
    });
  }
  const call = scriptCall(context, run.call);
  const file = logFile(context.paths, step.id, attempt);
  const log = await openLog(file);
  let started = known?.started != null;
  // From here on the machine may have the job, whatever we hear of it.
  let tried = known !== null;
  const wish = { graceSeconds: GRACE_SECONDS, signal: context.detach };
  // While it is followed; before that, and after a lost connection, see below.
  const cancelNow = (): void => {
    if (started)
      void context.machines
        .get(step.machine)
        .jobs.cancel(job, wish)
        .catch(() => undefined);
  };
  context.cancel.addEventListener('abort', cancelNow);
  try {
    const end = await context.machines.persist(
      step.machine,
      { patienceMs: JOB_PATIENCE_MS, signal: context.detach },
      async ({ jobs }, alive) => {
        if (!started) {
          if (context.cancel.aborted && !tried) throw new RunError('cancelled', { step: step.id });
          tried = true;
          const start = await jobs.start(job, call, context.detach);
          const { pid, bootId } = start;
          await context.record({
            kind: 'job-started',
            step: step.id,
            attempt,
            pid,
            bootId,
            again: start.state === 'exists',
          });
          started = true;
          await onStarted?.(pid);
        } else {
          // Only an answer says that the machine is back.
          await jobs.state(job, context.detach);
        }
        await alive();
        if (context.cancel.aborted) await jobs.cancel(job, wish);
        return jobs.follow(job, {
          offset: log.size,
          signal: context.detach,
          onBytes: async (bytes) => {
            await appendAll(log.handle, bytes, file);
            log.size += bytes.length;
            await alive();
          },
        });
      },
    );
    await log.handle.datasync();
    await context.record({ kind: 'job-ended', step: step.id, attempt, end });
    await giveUp(context, { step, job, end });
    return end;
  } finally {
    context.cancel.removeEventListener('abort', cancelNow);
    await log.handle.close();
  }
}

const fetched: Script = {
  name: 'clean/fetched',
  text: fetchedText,
  parameters: { STATE: 'string', JOB: 'string' },
};

/** Notes on the machine that nobody needs a job's result from there any more. */
export async function markFetched(transport: Transport, job: JobRef, signal: AbortSignal): Promise<void> {
  const { stateDirectory } = await transport.identity(job.as, signal);
  const parameters = { STATE: stateDirectory, JOB: directoryName(job.id) };
  await runOwn({ transport, as: job.as }, { script: fetched, parameters }, signal);
}

/**
 * The log is here and flushed: the machine need not keep the job. One that failed stays for whoever looks for
 * the cause there (a JVM's hs_err file), marked as fetched, until `clean`. What does not work now, `clean` does.
 */
async function giveUp(
  context: RunContext,
  { step, job, end }: { readonly step: Step; readonly job: JobRef; readonly end: JobEnd },
): Promise<void> {
  const { transport, jobs } = context.machines.get(step.machine);
  try {
    if (end.state === 'exited' && end.exitStatus === 0) {
      await jobs.remove(job, context.detach);
      return;
    }
    await markFetched(transport, job, context.detach);
  } catch {
    // The machine may be out of reach; the result is safe here.
  }
}

function unknownStep(step: string): never {
  throw new RunError('run-damaged', { file: 'journal.jsonl', detail: `no segment introduces step ${step}` });
}
