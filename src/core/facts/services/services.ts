import { firstKnown, understood, whyNot, type Answers } from '../answers.ts';
import { notUnderstood } from '../error.ts';
import { known, unavailable, type Fact } from '../fact.ts';
import { onlyLine } from '../lines.ts';
import type { FactSpec } from '../spec.ts';
import { parseSystemctlShow, parseSystemctlStatus, parseUnitNames, type Unit } from './systemctl.ts';

/** `systemctl status` ends with 3 for a stopped and 4 for a missing unit, and has answered all the same. */
function unitsOfStatus(answers: Answers): Fact<readonly Unit[]> {
  const capture = answers.capture(/^systemctl (?:--no-pager )?status [^|]+$/);
  if (capture === undefined) return unavailable('not-asked', 'it was not asked for');
  const text = `${capture.output}\n${capture.errors}`;
  const units = understood(known(text, capture), parseSystemctlStatus);
  return units.state === 'known' || ![1, 127].includes(capture.exitStatus ?? 0) ? units : whyNot(capture);
}

/** Services that move memory or clocks about while something is measured (recipe 1.7). */
export const services: FactSpec<readonly Unit[]> = {
  read: (answers) => {
    const shown = understood(answers.output(/^systemctl show -p \S+( \S+)+$/), parseSystemctlShow);
    return firstKnown(shown, unitsOfStatus(answers));
  },
  keys: ['service.numad', 'service.ksm', 'service.ksmtuned'],
  summarise: (units) =>
    units.map(({ unit, loadState, activeState, subState, unitFileState }) => {
      const state = subState === null ? activeState : `${activeState} (${subState})`;
      return [
        `service.${unit.replace(/\.service$/, '')}`,
        loadState === 'not-found' ? 'not installed' : `${state}, ${unitFileState ?? loadState}`,
      ];
    }),
};

/** The target that a boot ends in. */
export const defaultTarget: FactSpec<string> = {
  read: (answers) =>
    understood(answers.output('systemctl get-default'), (text) => {
      const found = onlyLine(text, 'default-target', 'NAME.target');
      if (/^\S+\.target$/.test(found)) return found;
      throw notUnderstood({ kind: 'default-target', line: 1, found, expected: 'NAME.target' });
    }),
  keys: ['target.default'],
  summarise: (target) => [['target.default', target]],
};

const LIST = /^systemctl list-units --type=(service|target) --state=(running|active)\b[^|]*$/;

function unitNames(answers: Answers, type: string): Fact<readonly string[]> {
  const pattern = new RegExp(LIST.source.replace('(service|target)', type));
  return understood(answers.output(pattern), parseUnitNames);
}

/** `graphical.target` among them: a desktop runs beside the measurement (recipe 1.7: run level 3). */
export const activeTargets: FactSpec<readonly string[]> = {
  read: (answers) => unitNames(answers, 'target'),
  keys: ['target.active'],
  summarise: (names) => [
    [
      'target.active',
      ['graphical.target', 'multi-user.target', 'rescue.target'].find((name) => names.includes(name)) ??
        'other',
    ],
  ],
};

export const runningServices: FactSpec<readonly string[]> = {
  read: (answers) => unitNames(answers, 'service'),
  keys: ['services.running'],
  summarise: (names) => [['services.running', [...names].sort().join(' ') || 'none']],
};

/** runlevel(8): previous and current run level; null for none (`N`). */
export type Runlevel = { readonly previous: string | null; readonly current: string };

export function parseRunlevel(text: string): Runlevel {
  const found = onlyLine(text, 'runlevel', '"N 3"');
  const match = /^([N0-6S]) ([0-6S])$/.exec(found);
  if (match?.[2] === undefined) throw notUnderstood({ kind: 'runlevel', line: 1, found, expected: '"N 3"' });
  return { previous: match[1] === 'N' ? null : (match[1] ?? null), current: match[2] };
}

export const runlevel: FactSpec<Runlevel> = {
  read: (answers) => understood(answers.output('runlevel'), parseRunlevel),
  keys: ['runlevel'],
  summarise: ({ current }) => [['runlevel', current]],
};

/** `tuned-adm active`, or its file. */
export const tunedProfile: FactSpec<string> = {
  read: (answers) => {
    const said = understood(answers.output('tuned-adm active'), (text) => {
      const profile = /^Current active profile: (\S.*)$/m.exec(text)?.[1];
      const found = text.split('\n')[0] ?? '';
      if (profile === undefined) {
        throw notUnderstood({
          kind: 'tuned-adm',
          line: 1,
          found,
          expected: '"Current active profile: NAME"',
        });
      }
      return profile.trim();
    });
    const file = understood(answers.file('/etc/tuned/active_profile'), (text) => text.trim() || 'none');
    return firstKnown(said, file);
  },
  keys: ['tuned.profile'],
  summarise: (profile) => [['tuned.profile', profile]],
};
