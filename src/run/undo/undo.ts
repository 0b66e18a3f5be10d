import { payload, type ParameterValues, type Script } from '../../core/script/script.ts';
import { TransportError } from '../../remote/error.ts';
import { saysDiskFull } from '../../remote/shell/run.ts';
import type { ExecResult, RunAs, Transport } from '../../remote/transport.ts';
import forgetText from './forget.sh';
import registerText from './register.sh';
import restoreText from './restore.sh';

const register: Script = {
  name: 'undo/register',
  text: registerText,
  parameters: {
    STATE: 'string',
    SHELF: 'string',
    ENTRY: 'string',
    RESOURCE: 'string',
    LASTS: 'string',
    BOOT_ID: 'string',
    RUN: 'string',
    UNDO: 'string',
  },
};

const restore: Script = {
  name: 'undo/restore',
  text: restoreText,
  parameters: { STATE: 'string', RUN: 'string' },
};

const forget: Script = {
  name: 'undo/forget',
  text: forgetText,
  parameters: { STATE: 'string', SHELF: 'string', RUN: 'string' },
};

export type UndoEntry = {
  readonly run: string;
  readonly resource: string;
  readonly lasts: 'volatile' | 'persistent';
  /** Puts the original back. */
  readonly script: Script;
  readonly parameters: ParameterValues;
};

/** Where an entry lies: on the changed machine, and for a guest a copy on its host. */
export type UndoPlace = {
  readonly transport: Transport;
  readonly as: RunAs;
  /** The guest whose copy this is; undefined on the machine itself. */
  readonly copyOf?: string;
};

const shelf = (place: UndoPlace): string => (place.copyOf === undefined ? 'undo' : `undo-of-${place.copyOf}`);

/** That one of our own scripts ended with an error, with its last words. */
export function scriptFailed(machine: string, script: string, result: ExecResult): TransportError {
  const text = result.stderr.trim().slice(-500);
  return TransportError.of('script-failed', { machine, script, status: result.exitStatus, text });
}

/** Runs one of our own scripts and returns its output. @throws TransportError `disk-full`, `script-failed` with its last words. */
export async function runOwn(
  place: Pick<UndoPlace, 'transport' | 'as'>,
  call: { readonly script: Script; readonly parameters: ParameterValues },
  signal: AbortSignal,
): Promise<string> {
  const result = await place.transport.exec({ ...call, as: place.as }, { signal });
  if (result.exitStatus === 0) return result.stdout;
  const { machine } = place.transport;
  if (saysDiskFull(result.stderr)) {
    throw TransportError.of('disk-full', { machine, where: 'target', script: call.script.name });
  }
  throw scriptFailed(machine, call.script.name, result);
}

/**
 * Registers an entry, on the disk of the machine before the promise settles.
 *
 * @returns kept: an older original is there and stays.
 */
export async function registerUndo(
  place: UndoPlace,
  entry: UndoEntry & { readonly bootId: string },
  signal: AbortSignal,
): Promise<'registered' | 'kept'> {
  const identity = await place.transport.identity(place.as, signal);
  const parameters = {
    STATE: identity.stateDirectory,
    SHELF: shelf(place),
    ENTRY: encodeURIComponent(entry.resource),
    RESOURCE: entry.resource,
    LASTS: entry.lasts,
    BOOT_ID: entry.bootId,
    RUN: entry.run,
    UNDO: payload(entry.script, entry.parameters),
  };
  const output = await runOwn(place, { script: register, parameters }, signal);
  return output.trim() === 'kept' ? 'kept' : 'registered';
}

export type Restored = {
  readonly resource: string;
  readonly result: 'restored' | 'void' | 'failed';
};

/** Takes back what `run` changed on a machine (empty: what any run changed). What fails is listed and stays registered. */
export async function restoreMachine(
  place: UndoPlace,
  run: string,
  signal: AbortSignal,
): Promise<{ readonly entries: readonly Restored[]; readonly detail: string }> {
  const identity = await place.transport.identity(place.as, signal);
  const result = await place.transport.exec(
    { script: restore, parameters: { STATE: identity.stateDirectory, RUN: run }, as: place.as },
    { signal },
  );
  const entries = result.stdout.split('\n').flatMap((line): Restored[] => {
    const match = /^(restored|void|failed \d+) (.+)$/.exec(line);
    if (match === null) return [];
    const [, word = '', resource = ''] = match;
    return [{ resource, result: word === 'restored' || word === 'void' ? word : 'failed' }];
  });
  const explained = entries.some((entry) => entry.result === 'failed');
  if (result.exitStatus !== 0 && !explained) {
    throw scriptFailed(place.transport.machine, restore.name, result);
  }
  return { entries, detail: result.stderr.trim().slice(-2000) };
}

/** Removes the copies that a host keeps of its guest's entries. */
export async function forgetCopies(place: UndoPlace, run: string, signal: AbortSignal): Promise<void> {
  const identity = await place.transport.identity(place.as, signal);
  await runOwn(
    place,
    { script: forget, parameters: { STATE: identity.stateDirectory, SHELF: shelf(place), RUN: run } },
    signal,
  );
}
