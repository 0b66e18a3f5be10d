import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { cpus as cpusOfNode, hostname, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Capture } from '../../../src/core/facts/capture.ts';
import { factNames, readFacts } from '../../../src/core/facts/facts.ts';
import { valueOf } from '../../../src/core/facts/fact.ts';
import { readCaptures } from '../../../src/core/facts/probe/frame.ts';
import { probeCall, type ProbeOptions } from '../../../src/core/facts/probe/probe.ts';
import { payload } from '../../../src/core/script/script.ts';

const FACTS = fileURLToPath(new URL('../../../src/core/facts/', import.meta.url));

/** The shells that are `sh` on targets, as far as they are here. */
const shells = ['dash', 'bash'].filter((name) => {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

type Answer = {
  readonly captures: readonly Capture[];
  readonly stderr: string;
  readonly milliseconds: number;
};

type Running = {
  readonly command: readonly [string, ...string[]];
  readonly options?: Partial<ProbeOptions>;
};

/** Runs the probe as `sh -s` does, with the script on standard input. */
async function probe({ command, options }: Running): Promise<Answer> {
  const nonce = 'k4Xq7';
  const call = probeCall({ nonce, domain: null, record: [], ...options });
  const home = join(place, 'home');
  const start = performance.now();
  const [program, ...rest] = command;
  const child = spawn(program, rest, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...process.env,
      HOME: home,
      TMPDIR: home,
      PATH: `${join(place, 'bin')}:${process.env.PATH ?? ''}`,
    },
    cwd: home,
  });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  child.stdin.end(payload(call.script, call.parameters));
  expect(await ended).toBe(0);
  return {
    captures: readCaptures(Buffer.concat(stdout), nonce),
    stderr,
    milliseconds: performance.now() - start,
  };
}

function scriptsBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sh'))
    .map((name) => `${directory}${name}`);
}

/** Home, temporary directory and working directory of the probe: whatever it left would lie there. */
let place = '';

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'probe-test-'));
  mkdirSync(join(place, 'bin'));
  mkdirSync(join(place, 'home'));
});

afterEach(() => {
  rmSync(place, { recursive: true, force: true });
});

describe.each(shells)('a probe with %s', (shell) => {
  const command = [shell, '-s'] as const;

  test('finds the facts of this machine, quickly, and leaves nothing', async () => {
    const { captures, stderr, milliseconds } = await probe({ command });
    expect(readdirSync(join(place, 'home'))).toEqual([]);
    expect(stderr).toBe('');
    expect(milliseconds).toBeLessThan(10_000);
    const facts = readFacts(captures);
    expect(valueOf(facts.cpus)?.online).toHaveLength(cpusOfNode().length);
    expect(valueOf(facts.kernel)?.release).toBe(release());
    expect(valueOf(facts.hostname)).toBe(hostname());
    expect(valueOf(facts.meminfo)?.MemTotal).toBe(memTotal());
    expect(valueOf(facts.uptimeSeconds)).toBeGreaterThan(0);
    expect(valueOf(facts.processes)?.map(({ pid }) => pid)).toContain(process.pid);
    expect(facts.records).toEqual([]);
    const misread = factNames.filter((name) => {
      const fact = facts[name];
      return fact.state === 'unavailable' && (fact.why === 'not-understood' || fact.why === 'not-asked');
    });
    // Without a domain nobody asks for it; packages are asked for only where there is an emulator.
    const allowed = ['domainXml', 'domains', 'emulatorPin', 'numatune', 'qemuPackages', 'vcpuPins', 'vcpus'];
    expect(misread.filter((name) => !allowed.includes(name))).toEqual([]);
  });

  test('records commands of the inventory exactly, and none can stop or damage it', async () => {
    const record = [
      'echo one; echo two >&2; exit 3',
      "printf 'k4Xq7 end\\nno newline'",
      'cat',
      'sleep 60',
      'sleep 60 & echo started',
      'if',
      "printf '\\303\\251\\377'",
      'no-such-command-here',
      'kill -9 $$',
      "printf '\\n\\n'",
    ];
    const { captures } = await probe({ command, options: { record, limitSeconds: 1 } });
    const { records } = readFacts(captures);
    expect(records.map(({ command: line }) => line)).toEqual(record);
    expect(records[0]).toMatchObject({ output: 'one\n', errors: 'two\n', exitStatus: 3 });
    expect(records[1]).toMatchObject({ output: 'k4Xq7 end\nno newline', exitStatus: 0 });
    expect(records[2]).toMatchObject({ output: '', exitStatus: 0 });
    expect(records[3]?.exitStatus).toBe(124);
    expect(records[4]).toMatchObject({ output: 'started\n' });
    expect(records[5]?.exitStatus).not.toBe(0);
    expect(records[6]).toMatchObject({ output: '\u00e9\ufffd' });
    expect(records[7]?.exitStatus).toBe(127);
    expect(records[8]?.exitStatus).toBe(137);
    expect(records[9]).toMatchObject({ output: '\n\n', exitStatus: 0 });
  });

  test('cuts a recorded command that would fill the memory, and says so; one that writes often is whole', async () => {
    const manyWrites = 'i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i + 1)); done';
    const { captures } = await probe({
      command,
      options: { record: ['yes endless', manyWrites, 'echo next'] },
    });
    expect(captures.find(({ command: line }) => line === manyWrites)?.output.split('\n')).toHaveLength(3001);
    const endless = captures.find(({ command }) => command === 'yes endless');
    expect(endless?.output).toHaveLength(4 * 1024 * 1024);
    expect(endless?.errors).toContain('output cut after 4194304 bytes');
    expect(captures.find(({ command }) => command === 'echo next')?.output).toBe('next\n');
  });

  test('takes a hostile domain name as a name', async () => {
    const domain = `x'; echo "$(id)" >&2; '$HOME --help`;
    const { captures, stderr } = await probe({ command, options: { domain } });
    expect(stderr).toBe('');
    expect(readFacts(captures).records).toEqual([]);
  });
});

describe('the scripts of the probe', () => {
  test.each(scriptsBelow(FACTS).map((file) => [file.slice(FACTS.length), file]))(
    '%s is clean for shellcheck',
    (_, file) => {
      expect(execFileSync('shellcheck', ['-s', 'sh', file], { encoding: 'utf8' })).toBe('');
    },
  );

  test.runIf(process.getuid?.() === 0)('answer an ordinary user too', async () => {
    chmodSync(place, 0o755);
    const command = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'sh', '-s'] as const;
    const { captures } = await probe({ command });
    const facts = readFacts(captures);
    expect(valueOf(facts.cpus)?.online).toHaveLength(cpusOfNode().length);
    expect(valueOf(facts.meminfo)?.MemTotal).toBeGreaterThan(0);
  });
});

describe('the emulator', () => {
  const command = ['sh', '-s'] as const;

  test('of a running domain is the program of its process', async () => {
    const program = join(place, 'bin', 'qemu-system-test');
    copyFileSync('/bin/sh', program);
    const child = spawn(program, ['-c', 'echo up; read -r end', '-name', 'guest=my vm,debug-threads=on']);
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      const { captures } = await probe({ command, options: { domain: 'my vm' } });
      const found = captures.find((capture) => capture.command === `readlink /proc/${String(child.pid)}/exe`);
      expect(found?.output).toBe(`${program}\n`);
      const sha256 = createHash('sha256').update(readFileSync(program)).digest('hex');
      expect(captures.find((capture) => capture.command === `sha256sum ${program}`)?.output).toContain(
        sha256,
      );
      const other = await probe({ command, options: { domain: 'my' } });
      expect(other.captures.some((capture) => capture.command.startsWith('readlink /proc'))).toBe(false);
    } finally {
      child.kill();
    }
  });

  test('of a domain that is off is the one of its XML', async () => {
    const program = join(place, 'bin', 'my-qemu');
    writeFileSync(program, '#!/bin/sh\necho "QEMU emulator version 9.1.2 (v9.1.2)"\n', { mode: 0o755 });
    const xml = `<domain type="kvm"><devices>\n  <emulator>${program}</emulator>\n</devices></domain>`;
    writeFileSync(
      join(place, 'bin', 'virsh'),
      `#!/bin/sh\n[ "$*" = "-r dumpxml --domain it's mine" ] || exit 1\ncat <<'END'\n${xml}\nEND\n`,
      { mode: 0o755 },
    );
    const { captures } = await probe({ command, options: { domain: "it's mine" } });
    expect(valueOf(readFacts(captures).emulator)).toMatchObject({
      path: program,
      source: 'domain-xml',
      version: '9.1.2',
      sha256: createHash('sha256').update(readFileSync(program)).digest('hex'),
    });
  });
});

function memTotal(): number {
  const kib = /^MemTotal:\s+(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1];
  return Number(kib) * 1024;
}
