import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseKinds, parseText } from '../../core/facts/parse.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { detailOf, InputError } from '../session.ts';

/** `parse KIND FILE|-`: one recorded output as JSON. */
export async function parse(kind: string, file: string): Promise<ExitCode> {
  if (!Object.hasOwn(parseKinds, kind)) {
    const known = Object.keys(parseKinds).join(', ');
    throw new InputError('option-invalid', { option: `KIND "${kind}"`, detail: `known kinds: ${known}` });
  }
  const input =
    file === '-'
      ? await text(process.stdin)
      : await readFile(file, 'utf8').catch((cause: unknown) => {
          throw new InputError('file-unreadable', { file, detail: detailOf(cause) }, { cause });
        });
  process.stdout.write(`${JSON.stringify(parseText(kind, input), null, 2)}\n`);
  return exitCodes.ok;
}
