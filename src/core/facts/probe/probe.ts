import type { ParameterType, ParameterValue, ParameterValues, Script } from '../../script/script.ts';
import { asks } from './asks.ts';
import driver from './driver.sh';

export type ProbeOptions = {
  /** A word of letters and digits that no output holds by chance; the same is given to `readCaptures`. */
  readonly nonce: string;
  /** libvirt domain to look at; null on a guest, or where the inventory names none. */
  readonly domain: string | null;
  /** Extra commands of the inventory, each run by `sh -c`. */
  readonly record: readonly string[];
  /** How long one command may take. Default 20. */
  readonly limitSeconds?: number;
};

/** The shell of a probe: what runs it, and what it asks, by name. */
export type ProbeTexts = { readonly driver: string; readonly asks: Readonly<Record<string, string>> };

const DRIVER_NAME = 'facts/probe';
const askName = (name: string): string => `facts/ask/${name}`;

/** The same as scripts, to be read in a plan; what they are given is `probeCall`'s work. */
export const probeScripts: readonly Script[] = [
  { name: DRIVER_NAME, text: driver, parameters: {} },
  ...Object.entries(asks).map(([name, text]) => ({ name: askName(name), text, parameters: {} })),
];

/** The texts as a plan holds them: what was approved is what runs. */
export function probeTextsOf(scripts: readonly Script[]): ProbeTexts {
  const prefix = askName('');
  const asked = scripts.filter(({ name }) => name.startsWith(prefix));
  return {
    driver: scripts.find(({ name }) => name === DRIVER_NAME)?.text ?? driver,
    asks: Object.fromEntries(asked.map(({ name, text }) => [name.slice(prefix.length), text])),
  };
}

/** The one call that asks a machine everything; its standard output is for `readCaptures`. */
export function probeCall(
  options: ProbeOptions,
  texts: ProbeTexts = { driver, asks },
): { script: Script; parameters: ParameterValues } {
  if (!/^[A-Za-z0-9]{1,64}$/.test(options.nonce))
    throw new RangeError('a nonce is a word of letters and digits');
  const entries: (readonly [name: string, type: ParameterType, value: ParameterValue])[] = [
    ['NONCE', 'string', options.nonce],
    ['FACTS', 'string', Object.keys(texts.asks).join(' ')],
    ['DOMAIN', 'string', options.domain ?? ''],
    ['LIMIT_SECONDS', 'integer', options.limitSeconds ?? 20],
    ['RECORD_COUNT', 'integer', options.record.length],
    ...options.record.map((command, index) => [`RECORD_${index + 1}`, 'string', command] as const),
    ...Object.entries(texts.asks).map(([name, text]) => [`ASK_${name}`, 'string', text] as const),
  ];
  return {
    script: {
      name: DRIVER_NAME,
      text: texts.driver,
      parameters: Object.fromEntries(entries.map(([name, type]) => [name, type])),
    },
    parameters: Object.fromEntries(entries.map(([name, , value]) => [name, value])),
  };
}
