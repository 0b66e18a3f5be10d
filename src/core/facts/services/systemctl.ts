import { notUnderstood } from '../error.ts';
import { filledLines, linesOf, type Line } from '../lines.ts';

/** State of one systemd unit, in systemd's own words. Null where the text does not say. */
export type Unit = {
  readonly unit: string;
  /** `loaded`, `not-found`, `masked` … */
  readonly loadState: string;
  /** `active`, `inactive`, `failed` … */
  readonly activeState: string;
  /** `running`, `exited`, `dead` … */
  readonly subState: string | null;
  /** `enabled`, `disabled`, `static` …: whether it starts with the next boot. */
  readonly unitFileState: string | null;
};

const UNIT = /^[\w@.:\\-]+\.(?:service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$/;

/** `systemctl show -p Id,LoadState,ActiveState,SubState,UnitFileState UNITS`: one paragraph per unit. */
export function parseSystemctlShow(text: string): readonly Unit[] {
  const kind = 'systemctl-show';
  const paragraphs: Line[][] = [[]];
  for (const line of linesOf(text)) {
    if (line.text === '') paragraphs.push([]);
    else paragraphs.at(-1)?.push(line);
  }
  const units = paragraphs
    .filter((lines) => lines.length > 0)
    .map((lines): Unit => {
      const properties = new Map<string, string>();
      for (const { number, text: found } of lines) {
        const match = /^([A-Z][A-Za-z0-9]*)=(.*)$/.exec(found);
        if (match?.[1] === undefined)
          throw notUnderstood({ kind, line: number, found, expected: 'Property=value' });
        properties.set(match[1], match[2] ?? '');
      }
      const need = (name: string): string => {
        const value = properties.get(name);
        if (value !== undefined && value !== '') return value;
        throw notUnderstood({
          kind,
          line: lines[0]?.number ?? 1,
          found: lines[0]?.text ?? '',
          expected: `${name}= in this paragraph`,
        });
      };
      return {
        unit: need('Id'),
        loadState: need('LoadState'),
        activeState: need('ActiveState'),
        subState: properties.get('SubState') || null,
        unitFileState: properties.get('UnitFileState') || null,
      };
    });
  if (units.length === 0) throw notUnderstood({ kind, line: 1, found: '', expected: 'Property=value' });
  return units;
}

/**
 * The text for people that `systemctl status UNITS` prints, from EL7 to now. A unit that is not there is named on
 * standard error: give both texts.
 */
export function parseSystemctlStatus(text: string): readonly Unit[] {
  const kind = 'systemctl-status';
  const units: { unit: string; line: Line; loaded: string | null; active: string | null }[] = [];
  const lines = filledLines(text);
  for (const line of lines) {
    const missing = /^Unit (\S+) could not be found\.$/.exec(line.text)?.[1];
    // A dot of some kind, which a terminal without UTF-8 shows as `*`; none in old versions.
    const head = /^(?:[^\w\s] )?(\S+)(?: - .*)?$/.exec(line.text)?.[1];
    const field = /^\s+(Loaded|Active): (.+)$/.exec(line.text);
    const open = units.at(-1);
    if (missing !== undefined)
      units.push({ unit: missing, line, loaded: 'not-found', active: 'inactive (dead)' });
    else if (head !== undefined && UNIT.test(head))
      units.push({ unit: head, line, loaded: null, active: null });
    else if (open !== undefined && field?.[1] === 'Loaded') open.loaded ??= field[2] ?? null;
    else if (open !== undefined && field?.[1] === 'Active') open.active ??= field[2] ?? null;
  }
  const [first] = lines;
  if (units.length === 0) {
    throw notUnderstood({
      kind,
      line: first?.number ?? 1,
      found: first?.text ?? '',
      expected: '"● NAME.service - …"',
    });
  }
  return units.map(({ unit, line, loaded, active }): Unit => {
    const load = /^([a-z-]+)(?: \((.*)\))?/.exec(loaded ?? '');
    const state = /^([a-z-]+)(?: \(([^)]*)\))?/.exec(active ?? '');
    if (load?.[1] === undefined || state?.[1] === undefined) {
      throw notUnderstood({
        kind,
        line: line.number,
        found: line.text,
        expected: '"Loaded:" and "Active:" in English below it',
      });
    }
    const file = (load[2] ?? '').split('; ')[1];
    return {
      unit,
      loadState: load[1],
      activeState: state[1],
      subState: state[2] ?? null,
      unitFileState: file !== undefined && /^[a-z-]+$/.test(file) ? file : null,
    };
  });
}

/** Names of the first column of `systemctl list-units --no-legend`. No unit is a list too. */
export function parseUnitNames(text: string): readonly string[] {
  return filledLines(text).map(({ number, text: found }) => {
    const name = /^(?:[^\w\s] )?\s*(\S+)\s+\S+\s+\S+\s+\S+/.exec(found)?.[1];
    if (name === undefined || !UNIT.test(name)) {
      throw notUnderstood({
        kind: 'list-units',
        line: number,
        found,
        expected: 'UNIT LOAD ACTIVE SUB DESCRIPTION',
      });
    }
    return name;
  });
}
