import type { Script } from '../../core/script/script.ts';
import { TransportError } from '../../remote/error.ts';
import { runOwn, type UndoPlace } from '../undo/undo.ts';
import acquireText from './acquire.sh';
import noteText from './note.sh';
import releaseText from './release.sh';

const acquire: Script = {
  name: 'lease/acquire',
  text: acquireText,
  parameters: { STATE: 'string', RUN: 'string', OWNER: 'string', TAKE: 'flag' },
};
const note: Script = {
  name: 'lease/note',
  text: noteText,
  parameters: { STATE: 'string', RUN: 'string', PID: 'integer' },
};
const release: Script = {
  name: 'lease/release',
  text: releaseText,
  parameters: { STATE: 'string', RUN: 'string' },
};

/** Who else measures on a host. */
export type LeaseHolder = {
  readonly run: string;
  /** other: the host was booted since, so nothing of that run goes on. */
  readonly boot: 'same' | 'other';
  /** Whether the measured process runs on the host itself; unknown for one in a guest. */
  readonly job: 'alive' | 'dead' | 'unknown';
  readonly owner: string;
};

type Place = Pick<UndoPlace, 'transport' | 'as'>;

/** Takes a host's lease for a run; null when taken, else who holds it. */
export async function acquireLease(
  place: Place,
  wish: { readonly run: string; readonly owner: string; readonly take: boolean },
  signal: AbortSignal,
): Promise<LeaseHolder | null> {
  const { stateDirectory } = await place.transport.identity(place.as, signal);
  const parameters = { STATE: stateDirectory, RUN: wish.run, OWNER: wish.owner, TAKE: wish.take };
  const output = (await runOwn(place, { script: acquire, parameters }, signal)).trim();
  if (output === 'acquired') return null;
  const match = /^held (\S+) (same|other) (alive|dead|unknown) (.*)$/.exec(output);
  if (match === null) {
    throw TransportError.of('answer-not-understood', {
      machine: place.transport.machine,
      text: output.slice(0, 200),
    });
  }
  const [, run = '', boot, job, owner = ''] = match;
  return { run, boot: boot as LeaseHolder['boot'], job: job as LeaseHolder['job'], owner };
}

/** Notes the measured process in the lease, where it runs on the host itself. */
export async function noteLease(
  place: Place,
  what: { run: string; pid: number },
  signal: AbortSignal,
): Promise<void> {
  const { stateDirectory } = await place.transport.identity(place.as, signal);
  await runOwn(
    place,
    { script: note, parameters: { STATE: stateDirectory, RUN: what.run, PID: what.pid } },
    signal,
  );
}

export async function releaseLease(place: Place, run: string, signal: AbortSignal): Promise<void> {
  const { stateDirectory } = await place.transport.identity(place.as, signal);
  await runOwn(place, { script: release, parameters: { STATE: stateDirectory, RUN: run } }, signal);
}
