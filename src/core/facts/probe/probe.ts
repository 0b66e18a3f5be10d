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

/** The one call that asks a machine everything; its standard output is for `readCaptures`. */
export function probeCall(options: ProbeOptions): { script: Script; parameters: ParameterValues } {
  if (!/^[A-Za-z0-9]{1,64}$/.test(options.nonce))
    throw new RangeError('a nonce is a word of letters and digits');
  const entries: (readonly [name: string, type: ParameterType, value: ParameterValue])[] = [
    ['NONCE', 'string', options.nonce],
    ['FACTS', 'string', Object.keys(asks).join(' ')],
    ['DOMAIN', 'string', options.domain ?? ''],
    ['LIMIT_SECONDS', 'integer', options.limitSeconds ?? 20],
    ['RECORD_COUNT', 'integer', options.record.length],
    ...options.record.map((command, index) => [`RECORD_${index + 1}`, 'string', command] as const),
    ...Object.entries(asks).map(([name, text]) => [`ASK_${name}`, 'string', text] as const),
  ];
  return {
    script: {
      name: 'facts/probe',
      text: driver,
      parameters: Object.fromEntries(entries.map(([name, type]) => [name, type])),
    },
    parameters: Object.fromEntries(entries.map(([name, , value]) => [name, value])),
  };
}
