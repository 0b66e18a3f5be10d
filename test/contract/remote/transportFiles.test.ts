import { createHash, randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Transport, UploadRequest } from '../../../src/remote/transport.ts';
import { canMakeUsers } from '../../support/users.ts';
import { connectLocal, rows, type Stage } from './adapters.ts';
import { never, script } from './scripts.ts';

const MB = 1_000_000;
const chosen = rows.filter(({ name, skip }) => !skip && !/zsh|jump/.test(name));

describe.each(chosen)('files: $name', ({ setUp }) => {
  let stage: Stage;
  let transport: Transport;
  let here: string;

  beforeAll(async () => {
    stage = await setUp();
    here = await mkdtemp(join(tmpdir(), 'kvmp-files-'));
  });
  afterAll(async () => {
    await stage.remove();
    await rm(here, { recursive: true, force: true });
  });
  beforeEach(() => {
    transport = stage.connect();
  });
  afterEach(() => transport.close());

  const file = async (bytes: Buffer): Promise<UploadRequest> => {
    const sha256 = sha(bytes);
    const from = join(here, sha256);
    await writeFile(from, bytes);
    return { from, sha256, size: bytes.length, name: "a kit's file.tar.gz", as: 'login' };
  };
  const partOf = (request: UploadRequest): string =>
    join(stage.stateDirectory(request.as), 'files', request.sha256, `${request.name}.part`);

  const writePart = async (request: UploadRequest, bytes: Buffer): Promise<void> => {
    await writeFile(partOf(request), bytes);
    await chown(partOf(request), stage.uid, stage.uid);
  };

  it('uploads a file, as either user, and not a second time', async () => {
    for (const as of ['login', 'root'] as const) {
      const request = { ...(await file(randomBytes(3 * MB + 17))), as };
      const seen: number[] = [];
      const sent = await transport.upload(request, {
        signal: never(),
        onProgress: ({ bytes, total }) => {
          expect(total).toBe(request.size);
          seen.push(bytes);
        },
      });
      const path = join(stage.stateDirectory(as), 'files', request.sha256, request.name);
      expect(sent).toEqual({ path, sentBytes: request.size, resumedAt: 0 });
      expect(seen.at(-1)).toBe(request.size);
      expect(seen).toEqual([...seen].sort((one, other) => one - other));
      const check = await transport.exec(
        script('sha256sum <"$F"; ls "${F%/*}"; stat -c %u "$F"', { F: path }, as),
        {
          signal: never(),
        },
      );
      const uid = as === 'root' ? 0 : stage.uid;
      expect(check.stdout).toBe(`${request.sha256}  -\n${request.name}\n${uid}\n`);
      expect(await transport.upload(request, { signal: never() })).toMatchObject({ path, sentBytes: 0 });
    }
  });

  it('uploads an empty file', async () => {
    const request = await file(Buffer.alloc(0));
    const { path } = await transport.upload(request, { signal: never() });
    expect(await readFile(path)).toEqual(Buffer.alloc(0));
  });

  it('uploads anew what was damaged at its place', async () => {
    const request = await file(randomBytes(100_000));
    const { path } = await transport.upload(request, { signal: never() });
    const handle = await open(path, 'r+');
    await handle.write(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]), 0, 8, 500);
    await handle.close();
    expect(await transport.upload(request, { signal: never() })).toMatchObject({ sentBytes: request.size });
    expect(sha(await readFile(path))).toBe(request.sha256);
  });

  it('resumes an upload that broke off', async () => {
    const request = await file(randomBytes(60 * MB));
    const abort = new AbortController();
    let cutting: Promise<void> | undefined;
    const broken = transport.upload(request, {
      signal: abort.signal,
      onProgress: ({ bytes }) => {
        if (bytes < 20 * MB) return;
        if (stage.cutConnections) cutting ??= stage.cutConnections();
        else abort.abort();
      },
    });
    await expect(broken).rejects.toMatchObject({
      reason: stage.cutConnections ? 'connection-lost' : 'cancelled',
    });
    await cutting;
    const { path, sentBytes, resumedAt } = await transport.upload(request, { signal: never() });
    expect(resumedAt).toBeGreaterThan(MB);
    expect(sentBytes).toBe(request.size - resumedAt);
    expect(sha(await readFile(path))).toBe(request.sha256);
  });

  it('begins again where the part at the target is not how the file begins', async () => {
    const bytes = randomBytes(2 * MB);
    const request = await file(bytes);
    await transport.upload({ ...request, name: 'other' }, { signal: never() });
    const damaged = Buffer.from(bytes.subarray(0, MB));
    damaged[1000] = (damaged[1000] ?? 0) ^ 1;
    await writePart(request, damaged);
    expect(await transport.upload(request, { signal: never() })).toMatchObject({
      resumedAt: 0,
      sentBytes: request.size,
    });
    await rm(join(partOf(request), '..', request.name));
    await writePart(request, bytes.subarray(0, MB));
    expect(await transport.upload(request, { signal: never() })).toMatchObject({
      resumedAt: MB,
      sentBytes: request.size - MB,
    });
  });

  it('survives several uploads of the same file at once', async () => {
    const request = await file(randomBytes(5 * MB));
    const results = await Promise.all(
      Array.from({ length: 4 }, () => transport.upload(request, { signal: never() })),
    );
    for (const { path } of results) expect(sha(await readFile(path))).toBe(request.sha256);
    expect(await readdir(join(partOf(request), '..'))).toEqual([request.name]);
  });

  it('does not wait for a writer that hangs', async () => {
    const request = await file(randomBytes(MB));
    await transport.upload({ ...request, name: 'other' }, { signal: never() });
    const part = partOf(request);
    await writePart(request, Buffer.alloc(0));
    const holder = execa('flock', [part, '-c', 'echo locked; exec cat'], { reject: false });
    await new Promise((resolve) => holder.stdout.once('data', resolve));
    const { path } = await transport.upload(request, { signal: never() });
    expect(sha(await readFile(path))).toBe(request.sha256);
    holder.stdin.end();
    await holder;
  });

  it('refuses a local file that is not what it should be', async () => {
    const request = await file(randomBytes(1000));
    const wrong = transport.upload({ ...request, sha256: sha(Buffer.from('x')) }, { signal: never() });
    await expect(wrong).rejects.toMatchObject({ reason: 'checksum', data: { where: 'controller' } });
    const size = transport.upload({ ...request, size: 999 }, { signal: never() });
    await expect(size).rejects.toMatchObject({
      reason: 'checksum',
      data: { where: 'controller', size: 1000 },
    });
    const missing = transport.upload({ ...request, from: join(here, 'absent') }, { signal: never() });
    await expect(missing).rejects.toMatchObject({ reason: 'file-missing', data: { code: 'ENOENT' } });
  });

  it('downloads a file, as either user', async () => {
    const bytes = randomBytes(3 * MB);
    for (const as of ['login', 'root'] as const) {
      const { path } = await transport.upload({ ...(await file(bytes)), as }, { signal: never() });
      const to = join(here, `down-${as}`);
      let last = 0;
      const result = await transport.download(
        { from: path, to, as },
        { signal: never(), onProgress: (progress) => (last = progress.bytes) },
      );
      expect(result).toEqual({ bytes: bytes.length, sha256: sha(bytes) });
      expect(last).toBe(bytes.length);
      expect(sha(await readFile(to))).toBe(sha(bytes));
    }
    expect((await readdir(here)).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('downloads nothing where there is nothing', async () => {
    const to = join(here, 'nothing');
    const fetch = (from: string): Promise<unknown> =>
      transport.download({ from, to, as: 'login' }, { signal: never() });
    const at = { where: 'target' };
    await expect(fetch('/no/such')).rejects.toMatchObject({
      reason: 'file-missing',
      data: { ...at, why: 'missing' },
    });
    await expect(fetch('/proc')).rejects.toMatchObject({ data: { ...at, why: 'not-a-file' } });
    await expect(
      transport.download({ from: '/etc/passwd', to: join(here, 'no/dir'), as: 'login' }, { signal: never() }),
    ).rejects.toMatchObject({ reason: 'file-missing', data: { where: 'controller', code: 'ENOENT' } });
  });
});

describe('the state directory', () => {
  let parent: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'kvmp-state-'));
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  it.each([
    ['a symlink', 'symlink', (path: string) => symlink(tmpdir(), path)],
    ['a file', 'not-directory', (path: string) => writeFile(path, '')],
    ['writable for others', 'writable', (path: string) => execa('mkdir', ['-m', '0777', path])],
  ])('is refused where it is %s', async (_, why, make) => {
    const path = join(parent, 'state');
    await make(path);
    await expect(identityAt(path)).rejects.toMatchObject({ reason: 'state-directory', data: { why, path } });
  });

  it.skipIf(!canMakeUsers())('is refused where it is somebody else’s', async () => {
    const path = join(parent, 'state');
    await mkdir(path, { mode: 0o700 });
    await execa('chown', ['nobody', path]);
    await expect(identityAt(path)).rejects.toMatchObject({ data: { why: 'owner', path } });
  });

  it('is refused where it cannot be made', async () => {
    const path = '/proc/no such place';
    await expect(identityAt(path)).rejects.toMatchObject({ data: { why: 'cannot-make', path } });
  });

  it('is made private where it is ours and readable for others', async () => {
    const path = join(parent, "it's $HOME\nstate");
    await mkdir(path, { mode: 0o755 });
    expect(await identityAt(path)).toMatchObject({ stateDirectory: path });
    expect((await execa('stat', ['-c', '%a', path])).stdout).toBe('700');
  });

  it.skipIf(!canMakeUsers())('that is full is told apart, and the upload goes on later', async ({ skip }) => {
    const mounted = await execa('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'kvmp-test', parent], {
      reject: false,
    });
    if (mounted.exitCode !== 0) return skip('no tmpfs can be mounted here');
    try {
      const bytes = randomBytes(4 * MB);
      const from = join(tmpdir(), `kvmp-full-${process.pid}`);
      await writeFile(from, bytes);
      const transport = connectLocal(join(parent, 'state'));
      const request: UploadRequest = {
        from,
        sha256: sha(bytes),
        size: bytes.length,
        name: 'big',
        as: 'login',
      };
      await expect(transport.upload(request, { signal: never() })).rejects.toMatchObject({
        reason: 'disk-full',
        data: { where: 'target', freeBytes: expect.any(Number) as number },
      });
      await execa('mount', ['-o', 'remount,size=8m', parent]);
      const { resumedAt } = await transport.upload(request, { signal: never() });
      expect(resumedAt).toBeGreaterThan(MB);
      // And the controller's.
      await execa('mount', ['-o', 'remount,size=5m', parent]);
      const down = transport.download({ from, to: join(parent, 'down'), as: 'login' }, { signal: never() });
      await expect(down).rejects.toMatchObject({ reason: 'disk-full', data: { where: 'controller' } });
      expect(await readdir(parent)).toEqual(['state']);
      await rm(from);
    } finally {
      await execa('umount', [parent]);
    }
  });
});

async function identityAt(directory: string): Promise<unknown> {
  const transport = connectLocal(directory);
  try {
    return await transport.identity('login', never());
  } finally {
    await transport.close();
  }
}

function sha(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
