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
  parameters: { STATE: 'string', RUN: 'string', FORCE: 'flag' },
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
  return holderOf(place, (await runOwn(place, { script: acquire, parameters }, signal)).trim());
}

/** Who has the lease of a host, null where nobody has. */
export async function lookAtLease(place: Place, signal: AbortSignal): Promise<LeaseHolder | null> {
  const { stateDirectory } = await place.transport.identity(place.as, signal);
  const parameters = { STATE: stateDirectory, RUN: '', OWNER: '', TAKE: false };
  return holderOf(place, (await runOwn(place, { script: acquire, parameters }, signal)).trim());
}

function holderOf(place: Place, output: string): LeaseHolder | null {
  if (output === 'acquired' || output === 'free') return null;
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

/** What became of a lease that was to be given back: `kept` is another run's, or may be in use. */
export type Released =
  { readonly state: 'released' | 'free' } | { readonly state: 'kept'; readonly run: string };

/** Gives a lease back. With an empty `run` whoever held it: where its job may still run only by `force`. */
export async function releaseLease(
  place: Place,
  what: { readonly run: string; readonly force: boolean },
  signal: AbortSignal,
): Promise<Released> {
  const { stateDirectory } = await place.transport.identity(place.as, signal);
  const parameters = { STATE: stateDirectory, RUN: what.run, FORCE: what.force };
  const output = (await runOwn(place, { script: release, parameters }, signal)).trim();
  const kept = /^kept (\S+)$/.exec(output)?.[1];
  return kept === undefined
    ? { state: output === 'free' ? 'free' : 'released' }
    : { state: 'kept', run: kept };
}
