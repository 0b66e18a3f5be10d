import { understood } from '../answers.ts';
import { valueOf } from '../fact.ts';
import { onlyLine } from '../lines.ts';
import type { FactSpec } from '../spec.ts';

export type Clocksource = { readonly current: string; readonly available: readonly string[] | null };

const ROOT = '/sys/devices/system/clocksource/clocksource0';

export const clocksource: FactSpec<Clocksource> = {
  read: (answers) => {
    const available = valueOf(answers.file(`${ROOT}/available_clocksource`));
    return understood(answers.file(`${ROOT}/current_clocksource`), (text) => ({
      current: onlyLine(text, 'clocksource', 'the name of a clock'),
      available: available?.trim().split(/\s+/) ?? null,
    }));
  },
  keys: ['clocksource.current'],
  summarise: ({ current, available }) => [
    ['clocksource.current', current],
    ['clocksource.available', available?.join(' ') ?? null],
  ],
};
