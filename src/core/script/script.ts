import { CodedError } from '../error.ts';
import { quote } from './quote.ts';

/** What a parameter of a script may hold. `flag` reaches the script as `yes` or `no`. */
export type ParameterType = 'string' | 'integer' | 'flag';

export type ParameterValue = string | number | boolean;
export type ParameterValues = Readonly<Record<string, ParameterValue>>;

/**
 * A shell script of the product: the text of a real `.sh` file (POSIX `sh`, `set -eu`) with the
 * environment variables that it expects. The user reads this text in the plan, and it is what runs.
 */
export type Script = {
  /** Path-like name, unique in the product: `job/start`, `warehouse/run`. */
  readonly name: string;
  readonly text: string;
  readonly parameters: Readonly<Record<string, ParameterType>>;
};

export class ScriptError extends CodedError<'parameter-missing' | 'parameter-unknown' | 'parameter-type'> {}

const typeOf: Readonly<Record<ParameterType, (value: ParameterValue) => string | undefined>> = {
  string: (value) => (typeof value === 'string' && !value.includes('\0') ? value : undefined),
  integer: (value) => (Number.isSafeInteger(value) ? String(value) : undefined),
  flag: (value) => (typeof value === 'boolean' ? (value ? 'yes' : 'no') : undefined),
};

/**
 * What is sent to `sh`: one exported variable per declared parameter, then the script byte for byte.
 *
 * @throws ScriptError where a value is missing, undeclared or not of its declared type.
 */
export function payload(script: Script, values: ParameterValues): string {
  const unknown = Object.keys(values).find((name) => !Object.hasOwn(script.parameters, name));
  if (unknown !== undefined)
    throw new ScriptError('parameter-unknown', { script: script.name, parameter: unknown });
  const lines = Object.entries(script.parameters).map(([name, type]) => {
    const value = values[name];
    if (value === undefined)
      throw new ScriptError('parameter-missing', { script: script.name, parameter: name });
    const text = typeOf[type](value);
    if (text === undefined)
      throw new ScriptError('parameter-type', { script: script.name, parameter: name, type });
    return `export ${name}=${quote(text)}`;
  });
  return ['export LC_ALL=C', ...lines, script.text].join('\n');
}
