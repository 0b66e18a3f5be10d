import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TransportError } from './error.ts';
import { entriesFor, judgeHostKey, knownHostsLine, type KnownHostsFile } from './knownHosts.ts';

/**
 * Reads known_hosts files. An absent file is empty; one that is there but cannot be read is refused, because a
 * key that it knows (or revokes) would look new.
 *
 * @throws TransportError `known-hosts-unreadable`
 */
export async function readKnownHosts(
  files: readonly string[],
  machine: string,
): Promise<readonly KnownHostsFile[]> {
  return Promise.all(
    files.map(async (file) => {
      try {
        return { file, text: await readFile(file, 'utf8') };
      } catch (error) {
        const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
        if (code === 'ENOENT' || code === 'ENOTDIR') return { file, text: '' };
        throw TransportError.of('known-hosts-unreadable', { machine, file, detail: code }, error);
      }
    }),
  );
}

export type RememberedKey = {
  readonly file: string;
  /** As `knownHostsName` says. */
  readonly host: string;
  readonly blob: Uint8Array;
  readonly hashed: boolean;
};

/** Appends a line for an accepted key, unless a connection beside this one just did. Creates directory (0700) and file (0600). */
export function rememberHostKey(key: RememberedKey): Promise<void> {
  return inTurn(`file ${key.file}`, async () => {
    await mkdir(dirname(key.file), { recursive: true, mode: 0o700 });
    const handle = await open(key.file, 'a+', 0o600);
    try {
      const text = await handle.readFile('utf8');
      const verdict = judgeHostKey(key.blob, entriesFor(key.host, [{ file: key.file, text }]));
      if (verdict.kind === 'known') return;
      const line = knownHostsLine(key.host, key.blob, key.hashed);
      // One write, so that a line of another process never lands inside ours.
      await handle.appendFile(text === '' || text.endsWith('\n') ? line : `\n${line}`);
    } finally {
      await handle.close();
    }
  });
}

/** Whether a key can be remembered in that file: not in /dev/null, which people use for throw-away machines. */
export async function isRegularOrAbsent(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => true,
  );
}

const turns = new Map<string, Promise<unknown>>();

/** Runs `work` after all earlier work of the same key has ended, failed or not. */
export async function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = turns.get(key) ?? Promise.resolve();
  const mine = before.then(work, work);
  const settled = mine.then(
    () => undefined,
    () => undefined,
  );
  turns.set(key, settled);
  try {
    return await mine;
  } finally {
    if (turns.get(key) === settled) turns.delete(key);
  }
}
