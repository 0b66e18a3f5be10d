import type { ParameterType, ParameterValues } from '../../../src/core/script/script.ts';
import type { RunAs, ScriptCall } from '../../../src/remote/transport.ts';

/** A call of a script written in a test; the types of its parameters are those of the values. */
export function script(text: string, values: ParameterValues = {}, as: RunAs = 'login'): ScriptCall {
  const types = { string: 'string', number: 'integer', boolean: 'flag' } as const;
  const parameters = Object.fromEntries(
    Object.entries(values).map(([name, value]): [string, ParameterType] => [
      name,
      types[typeof value as keyof typeof types],
    ]),
  );
  return { script: { name: 'test', text, parameters }, parameters: values, as };
}

export function never(): AbortSignal {
  return new AbortController().signal;
}
