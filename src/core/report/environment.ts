import type { Side } from '../recipe/plan.ts';
import type { EnvironmentLine, EnvironmentMoments } from './input.ts';
import type { EnvironmentCell, EnvironmentMark, EnvironmentReport } from './model.ts';

type Cells = ReadonlyMap<string, EnvironmentCell>;

/**
 * Both environments side by side (as before the run; where that probe is missing, after it), and what
 * changed while the run lasted. No judgement: which difference matters is for the reader.
 */
export function compareEnvironments(
  environments: Readonly<Record<Side, EnvironmentMoments>>,
): EnvironmentReport {
  const host = cellsOf(shown(environments.host));
  const guest = cellsOf(shown(environments.guest));
  const rows = union(host, guest).map((key) => {
    const cells = { host: host.get(key) ?? null, guest: guest.get(key) ?? null };
    return { key, ...cells, mark: markOf(cells.host, cells.guest) };
  });
  return {
    rows,
    changes: [...changesOf('host', environments.host), ...changesOf('guest', environments.guest)],
  };
}

function shown({ before, after }: EnvironmentMoments): readonly EnvironmentLine[] {
  return before.length > 0 ? before : after;
}

/** Lines of one key (two disks, say) become one cell. */
function cellsOf(lines: readonly EnvironmentLine[]): Cells {
  const cells = new Map<string, EnvironmentCell>();
  for (const { key, text, available } of lines) {
    const earlier = cells.get(key);
    cells.set(
      key,
      earlier === undefined
        ? { text, available }
        : { text: `${earlier.text}\n${text}`, available: earlier.available && available },
    );
  }
  return cells;
}

function union(a: Cells, b: Cells): readonly string[] {
  return [...new Set([...a.keys(), ...b.keys()])];
}

function markOf(host: EnvironmentCell | null, guest: EnvironmentCell | null): EnvironmentMark {
  const known = { host: host?.available === true, guest: guest?.available === true };
  if (known.host && known.guest) return host?.text === guest?.text ? 'same' : 'differs';
  if (known.host) return 'host-only';
  return known.guest ? 'guest-only' : 'unknown';
}

function changesOf(side: Side, { before, after }: EnvironmentMoments): EnvironmentReport['changes'] {
  if (before.length === 0 || after.length === 0) return [];
  const [earlier, later] = [cellsOf(before), cellsOf(after)];
  return union(earlier, later)
    .map((key) => ({
      side,
      key,
      before: earlier.get(key)?.text ?? null,
      after: later.get(key)?.text ?? null,
    }))
    .filter((change) => change.before !== change.after);
}
