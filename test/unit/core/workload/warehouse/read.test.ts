import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readWarehouse } from '../../../../../src/core/workload/warehouse/read.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../../../../fixtures/workload/${name}`, import.meta.url), 'utf8');

const whole = fixture('warehouse-n2.txt');
const good = readWarehouse(whole, 0);
const codes = (output: string, exitStatus: number | null): readonly string[] =>
  readWarehouse(output, exitStatus).problems.map(({ code }) => code);

describe('a whole run', () => {
  test('gives its points and the mean of N to 2N as score', () => {
    expect(good).toMatchObject({ state: 'complete', valid: true, problems: [], metric: 'warehouse ops/s' });
    expect(good.points.map(({ warehouses, averaged }) => [warehouses, averaged])).toEqual([
      [1, false],
      [2, true],
      [3, true],
      [4, true],
    ]);
    const mean = good.points.slice(1).reduce((sum, { throughput }) => sum + throughput, 0) / 3;
    expect(good.score).toBeCloseTo(mean, 1);
  });

  test('says what the program said of itself', () => {
    expect(good.properties).toMatchObject({
      'java.version': '17.0.21.1',
      'java.vm.name': 'OpenJDK 64-Bit Server VM',
      processors: '2',
      'config.hash': '4f1d0c2a9b7e6d5c',
      'work-checksum': 'cd75a6aa85fad1c6',
    });
  });

  test('is labelled as not SPECjbb', () => {
    expect(good.label).toContain('not a SPECjbb result');
  });

  test('may stand among other output of the JVM, with line ends of Windows, and with unknown exit status', () => {
    const noisy = `OpenJDK 64-Bit Server VM warning: Sharing is off\n${whole}[12.3s][info][gc] Pause\n`;
    expect(readWarehouse(noisy, 0)).toEqual(good);
    expect(readWarehouse(whole.replaceAll('\n', '\r\n'), null)).toEqual(good);
  });
});

describe('a run that failed has no score', () => {
  test('when the JVM died with SIGILL, and a line with # is not a score', () => {
    const result = readWarehouse(fixture('warehouse-sigill.txt'), 134);
    expect(result).toMatchObject({ state: 'partial', valid: false, score: null });
    expect(result.problems.map(({ code }) => code)).toEqual([
      'jvm-crashed',
      'jvm-crashed',
      'jvm-crashed',
      'no-score',
    ]);
  });

  test('when threads ran out of memory, though the run went on to its end', () => {
    const result = readWarehouse(fixture('warehouse-out-of-memory.txt'), 3);
    expect(result).toMatchObject({ state: 'complete', valid: false, score: null });
    expect(new Set(result.problems.map(({ code }) => code))).toEqual(new Set(['out-of-memory', 'no-score']));
  });

  test.each([
    ['Exception in thread "warehouse-1" java.lang.IllegalStateException', 'thread-died'],
    ['Exception in thread "main" java.lang.OutOfMemoryError: Java heap space', 'out-of-memory'],
    ['# A fatal error has been detected by the Java Runtime Environment:', 'jvm-crashed'],
    ['warehouse: INVALID thread-died warehouses=1 thread=1 error="java.lang.Error"', 'thread-died'],
    ['warehouse: SAMPLE warehouses=2 seconds=1.00 throughput=12warehouse: SAMPLE', 'output-damaged'],
  ])('when it printed "%s" and a score all the same', (line, code) => {
    const lines = whole.split('\n');
    const result = readWarehouse([...lines.slice(0, 4), line, ...lines.slice(4)].join('\n'), 0);
    expect(result).toMatchObject({ valid: false, score: null });
    expect(result.problems).toEqual([{ code, evidence: line }]);
  });

  test('when the program ended with another status than 0 after its score', () => {
    expect(readWarehouse(whole, 1)).toMatchObject({ valid: false, score: null });
    expect(codes(whole, 1)).toEqual(['no-score']);
    expect(codes(whole, 139)).toEqual(['jvm-crashed']);
  });

  test('when it did other work than the checked one', () => {
    const result = readWarehouse(whole.replace('checksum=cd', 'checksum=dc'), 0);
    expect(result).toMatchObject({ valid: false, score: null, problems: [{ code: 'work-differs' }] });
  });

  test('when its score is not the mean of its points', () => {
    expect(codes(whole.replace(/RESULT score=\d/, 'RESULT score=9'), 0)).toEqual(['score-mismatch']);
  });

  test('when throughput, operations and time of a point do not fit each other', () => {
    const damaged = whole.replace(/(POINT-RESULT warehouses=3 operations=)\d/, '$19');
    expect(codes(damaged, 0)).toContain('score-mismatch');
    expect(readWarehouse(damaged, 0).score).toBeNull();
  });

  test('when numbers are negative, not numbers or have another decimal sign', () => {
    for (const value of ['-5', 'NaN', 'Infinity', '1e6', '12,5', ''])
      expect(
        readWarehouse(whole.replace(/RESULT score=[\d.]+/, `RESULT score=${value}`), 0).score,
      ).toBeNull();
  });

  test('when two runs wrote into one log', () => {
    expect(readWarehouse(whole + whole, 0)).toMatchObject({ score: null, valid: false });
  });

  test('when Java is not there at all', () => {
    const result = readWarehouse('warehouse: the java command was not found: java\n', 127);
    expect(result).toMatchObject({ state: 'aborted', valid: null, score: null, points: [] });
    expect(result.problems[0]?.evidence).toContain('exit status 127');
  });

  test('when there is no output', () => {
    expect(readWarehouse('', null)).toMatchObject({ state: 'aborted', score: null });
  });
});

test('a point that lasted much longer than asked for is a remark, because throughput is by measured time', () => {
  const slow = whole.replace(' measure-seconds=2 ', ' measure-seconds=1.5 ');
  expect(readWarehouse(slow, 0)).toMatchObject({ valid: true, score: good.score });
  expect(codes(slow, 0)).toEqual(['time-deviates', 'time-deviates', 'time-deviates']);
});

test('evidence carries no control characters and stays short', () => {
  const [problem] = readWarehouse(`warehouse: X \u001b[31m${'y'.repeat(5000)}\n`, 1).problems;
  expect(problem?.evidence).toMatch(/^warehouse: X \?\[31my+$/);
  expect(problem?.evidence.length).toBe(300);
});

describe('damaged output', () => {
  const lines = whole.split('\n').slice(0, -1);

  test('cut anywhere before its end gives no score and does not throw', () => {
    for (let length = 0; length < whole.length; length++) {
      const result = readWarehouse(whole.slice(0, length), null);
      expect(result.score).toBeNull();
      expect(result.state).not.toBe('complete');
    }
  });

  test('without any one of header, work check, a point or the score gives no score', () => {
    const needed = lines.filter((line) => /HEADER|WORK|POINT-RESULT|: RESULT/.test(line));
    expect(needed).toHaveLength(7);
    for (const line of needed)
      expect(readWarehouse(whole.replace(`${line}\n`, ''), 0).score, line).toBeNull();
  });

  test('gives the true score or none, whatever single change was made', () => {
    const change = fc.tuple(
      fc.nat(whole.length - 1),
      fc.nat(3),
      fc.oneof(fc.constantFrom('1', '8', '.', ',', '=', ' ', '\n', '"'), fc.string({ maxLength: 5 })),
    );
    fc.assert(
      fc.property(change, ([at, removed, inserted]) => {
        const result = readWarehouse(whole.slice(0, at) + inserted + whole.slice(at + removed), 0);
        if (result.score === null) return;
        expect(result.score).toBe(good.score);
        // Two decimals of a point may change by less than what the check can see.
        for (const [index, point] of result.points.entries())
          expect(point.throughput).toBeCloseTo(good.points[index]!.throughput, 1);
      }),
      { numRuns: 3000 },
    );
  });

  test('with lines in another order or repeated gives the true score or none', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...lines), { maxLength: 40 }), (picked) => {
        const result = readWarehouse(`${picked.join('\n')}\n`, 0);
        expect([null, good.score]).toContain(result.score);
        if (result.score !== null) expect(result.points).toEqual(good.points);
      }),
      { numRuns: 1000 },
    );
  });

  test('of any kind is read without throwing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.string(), (a, b) => {
        expect(readWarehouse(`${a}\nwarehouse: ${b}\nwarehouse: RESULT ${a} ${b}\n`, 0).score).toBeNull();
      }),
    );
  });
});
