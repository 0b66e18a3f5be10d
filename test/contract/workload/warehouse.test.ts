import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { payload, type ParameterValues, type Script } from '../../../src/core/script/script.ts';
import { readWarehouse } from '../../../src/core/workload/warehouse/read.ts';
import {
  checkWarehouse,
  compileWarehouse,
  runWarehouse,
  warehouseJavaSource,
} from '../../../src/core/workload/warehouse/scripts.ts';

type Ended = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

let directory: string;
let source: string;
let classes: string;

beforeAll(async () => {
  // A quote and a blank: paths of users hold such things.
  directory = mkdtempSync(path.join(tmpdir(), "kvm-parity it's "));
  source = path.join(directory, 'Warehouse.java');
  classes = path.join(directory, 'classes');
  writeFileSync(source, warehouseJavaSource);
  expect((await sh(checkWarehouse, { SOURCE: source })).status).toBe(1);
  const compiled = await sh(compileWarehouse, { JAVAC: 'javac', SOURCE: source }, { OUTPUTS: outputs() });
  expect(compiled.stderr).toBe('');
  expect(compiled.status).toBe(0);
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

const outputs = (): string => path.join(directory, 'outputs');

function sh(script: Script, values: ParameterValues, env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env } };
    const child = execFile('sh', ['-s'], options, (_error, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr });
    });
    child.stdin?.end(payload(script, values));
  });
}

const settings = (change: ParameterValues = {}): ParameterValues => ({
  JAVA: 'java',
  JAVA_OPTIONS: '-Xms64m\n-Xmx64m\n-XX:+UseSerialGC',
  CLASSPATH_ENTRY: classes,
  WAREHOUSES: 2,
  RAMP_SECONDS: '0.1',
  MEASURE_SECONDS: '0.2',
  CONFIG_HASH: 'sha256:abc',
  ...change,
});

const java = (...args: readonly string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile('java', ['-cp', classes, ...args], (_error, stdout, stderr) => {
      resolve({ status: child.exitCode, stdout, stderr });
    });
  });

describe('compiling', () => {
  test('names the place of the classes and their hashes', () => {
    expect(readFileSync(outputs(), 'utf8')).toBe(`CLASSES=${classes}\n`);
    const sums = readFileSync(path.join(classes, 'SHA256SUMS'), 'utf8');
    expect(sums).toMatch(/^[0-9a-f]{64} {2}Warehouse\.class$/m);
    expect(sums).toMatch(/^[0-9a-f]{64} {2}Warehouse\$Store\.class$/m);
  });

  test('makes classes that Java 8 loads', () => {
    expect(readFileSync(path.join(classes, 'Warehouse.class')).readUInt16BE(6)).toBe(52);
  });

  test('is not needed again, until source or classes change', async () => {
    const copy = mkdtempSync(path.join(directory, 'copy-'));
    const copied = path.join(copy, 'Warehouse.java');
    copyFileSync(source, copied);
    await sh(compileWarehouse, { JAVAC: 'javac', SOURCE: copied });
    const checked = await sh(checkWarehouse, { SOURCE: copied });
    expect(checked).toEqual({ status: 0, stdout: `CLASSES=${copy}/classes\n`, stderr: '' });
    writeFileSync(path.join(copy, 'classes', 'Warehouse$Item.class'), 'damaged');
    expect((await sh(checkWarehouse, { SOURCE: copied })).status).toBe(1);
  });

  test('without a compiler says what is missing and ends with 127', async () => {
    const { status, stderr } = await sh(compileWarehouse, { JAVAC: '/nowhere/javac', SOURCE: source });
    expect(status).toBe(127);
    expect(stderr).toContain('/nowhere/javac');
  });

  test('of a source with an error fails and leaves no finished classes', async () => {
    const broken = path.join(mkdtempSync(path.join(directory, 'broken-')), 'Warehouse.java');
    writeFileSync(broken, warehouseJavaSource.replace('int averaged = 0;', 'int averaged = ;'));
    const { status, stderr } = await sh(compileWarehouse, { JAVAC: 'javac', SOURCE: broken });
    expect(status).not.toBe(0);
    expect(stderr).toContain('Warehouse.java');
    expect((await sh(checkWarehouse, { SOURCE: broken })).status).toBe(1);
  });
});

describe('running', () => {
  test('gives a valid score, in any locale, whatever options the login environment sets', async () => {
    const environment = { JAVA_TOOL_OPTIONS: '-Dx=y', _JAVA_OPTIONS: '-Xmx1k', CLASSPATH: '/nowhere' };
    const options = '-Xmx64m\n-Duser.language=ar\n-Duser.country=EG\n-Duser.timezone=Asia/Kathmandu';
    const { status, stdout, stderr } = await sh(
      runWarehouse,
      settings({ JAVA_OPTIONS: options }),
      environment,
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const result = readWarehouse(stdout, status);
    expect(result.problems.filter(({ code }) => code !== 'time-deviates')).toEqual([]);
    expect(result).toMatchObject({ state: 'complete', valid: true });
    expect(result.score).toBeGreaterThan(0);
    expect(result.points.map(({ warehouses }) => warehouses)).toEqual([1, 2, 3, 4]);
    expect(result.properties['config.hash']).toBe('sha256:abc');
  });

  test('does nothing with options but pass them, one argument per line', async () => {
    const mark = path.join(directory, 'mark');
    const options = ['-Xmx64m', `-Da=$(touch '${mark}')`, '', "-Db=it's `x` *", '-Dc=\\ "two  words"'].join(
      '\n',
    );
    const { status } = await sh(runWarehouse, settings({ JAVA_OPTIONS: options, WAREHOUSES: 1 }));
    expect(status).toBe(0);
    expect(existsSync(mark)).toBe(false);
  });

  test('without java says what is missing and ends with 127', async () => {
    const { status, stdout, stderr } = await sh(runWarehouse, settings({ JAVA: 'no-such-java' }));
    expect([status, stdout]).toEqual([127, '']);
    expect(stderr).toContain('no-such-java');
  });

  test('out of memory is an invalid run without a score, and ends with 3', async () => {
    const { status, stdout } = await java(
      ...'-Xmx24m -XX:+UseSerialGC Warehouse --warehouses 1 --ramp-seconds 0 --measure-seconds 0.2'.split(
        ' ',
      ),
      ...['--points', '1,2,60'],
    );
    expect(status).toBe(3);
    const result = readWarehouse(stdout, status);
    expect(result).toMatchObject({ valid: false, score: null });
    expect(result.problems.map(({ code }) => code)).toContain('out-of-memory');
  });

  test('killed in the middle leaves the points that were done, and no score', async () => {
    const child: ChildProcess = spawn('sh', ['-s'], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin?.end(payload(runWarehouse, settings({ WAREHOUSES: 50 })));
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
      if (output.includes('POINT-BEGIN point=2/')) child.kill('SIGKILL');
    });
    const ended = (await once(child, 'close')) as [number | null, string | null];
    expect(ended).toEqual([null, 'SIGKILL']);
    const result = readWarehouse(output, 137);
    expect(result).toMatchObject({ state: 'partial', valid: null, score: null });
    expect(result.points.map(({ warehouses }) => warehouses)).toEqual([1]);
    expect(result.problems).toEqual([
      { code: 'no-score', evidence: expect.stringContaining('exit status 137') as string },
    ]);
  });

  test('reports throughput at most once per second while it measures', async () => {
    const { stdout } = await java(
      ...'-Xmx64m Warehouse --warehouses 1 --ramp-seconds 0 --measure-seconds 2.2'.split(' '),
    );
    const samples = [...stdout.matchAll(/SAMPLE warehouses=1 seconds=([\d.]+) /g)].map(([, s]) => Number(s));
    expect(samples.length).toBeGreaterThan(0);
    expect(samples.every((s, index) => s - (samples[index - 1] ?? 0) > 0.5)).toBe(true);
  });
});

describe('wrong arguments end with 2 and say what is wrong', () => {
  test.each([
    ['', '--warehouses is missing'],
    ['--warehouses 0 --ramp-seconds 1 --measure-seconds 1', '--warehouses must be 1 or more'],
    ['--warehouses two --ramp-seconds 1 --measure-seconds 1', '--warehouses is not understood: two'],
    ['--warehouses 1 --ramp-seconds -1 --measure-seconds 1', '--ramp-seconds is not understood: -1'],
    ['--warehouses 1 --ramp-seconds 1 --measure-seconds 0', '--measure-seconds must be more than 0'],
    ['--warehouses 1 --ramp-seconds 1 --measure-seconds NaN', '--measure-seconds is not understood: NaN'],
    ['--warehouses 2 --ramp-seconds 1 --measure-seconds 1 --points 1,2,4', '--points lacks 3'],
    ['--warehouses 1 --ramp-seconds 1 --measure-seconds 1 --points 2,1', '--points must rise'],
    ['--warehouses 1 --warehouses 2', '--warehouses is given twice'],
    ['--hours 1', 'unknown argument: --hours'],
    ['--warehouses', '--warehouses lacks its value'],
  ])('%s', async (line, message) => {
    const { status, stdout, stderr } = await java(
      'Warehouse',
      ...line.split(' ').filter((word) => word !== ''),
    );
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});

test('a class path that would be taken apart is refused', async () => {
  const place = path.join(directory, 'a:b');
  mkdirSync(place);
  const { status, stderr } = await sh(runWarehouse, settings({ CLASSPATH_ENTRY: place }));
  expect(status).toBe(2);
  expect(stderr).toContain(place);
});
