import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareRun } from '../../../../src/core/report/compare.ts';
import type { ReportInput } from '../../../../src/core/report/input.ts';
import { reportText } from '../../../../src/core/report/messages.ts';
import { input, properties, result, trial, trials } from './sample.ts';

const codes = (change: Partial<ReportInput>): readonly string[] =>
  compareRun(input(change)).findings.map(({ severity, text }) => `${severity} ${text.code}`);
const of = (host: readonly number[], guest: readonly number[]): Partial<ReportInput> => ({
  trials: [...trials('host', ...host), ...trials('guest', ...guest)],
});

describe('a clean run', () => {
  const report = compareRun(input());

  test('is comparable and finds nothing', () => {
    expect(report).toMatchObject({ comparable: true, findings: [] });
  });

  test('describes each side and divides guest by host', () => {
    expect(report.sides.host).toMatchObject({ machines: ['r1'], attempts: 4, excluded: 0 });
    expect(report.sides.guest.score?.values).toEqual([960, 955, 967, 958]);
    expect(report.ratio?.ofMeans).toBeCloseTo(960 / 1001, 12);
  });

  test('has a curve per side and a ratio per point', () => {
    expect(report.points.map(({ warehouses, averaged }) => [warehouses, averaged])).toEqual([
      [1, false],
      [2, true],
      [3, true],
      [4, true],
    ]);
    expect(report.points[0]?.host).toMatchObject({ n: 4, mean: 500.5, min: 495, max: 505 });
    expect(report.points[0]?.ratio).toBeCloseTo(480 / 500.5, 12);
  });

  test('carries the label of the workload', () => {
    expect(report.workload?.label).toContain('not a SPECjbb result');
  });
});

describe('the verdict', () => {
  const verdict = (change: Partial<ReportInput>): string => compareRun(input(change)).verdict.code;

  test('claims nothing with one trial on a side', () => {
    expect(verdict(of([1000], [900]))).toBe('verdict-single');
    expect(verdict(of([1000, 1001, 1002, 1003], [900]))).toBe('verdict-single');
  });

  test('shows an interval and claims nothing with two or three', () => {
    expect(verdict(of([1000, 1001], [900, 901]))).toBe('verdict-few');
    expect(reportText(compareRun(input(of([1000, 1001], [900, 901]))).verdict)).toMatch(
      /^Guest \/ host 0\.900 \(95 % interval 0\.\d{3} to 0\.\d{3}; valid trials: host 2, guest 2\)/,
    );
  });

  test('says from four on whether the interval includes 1', () => {
    expect(verdict(of([1000, 1020, 980, 1000], [990, 1010, 985, 1005]))).toBe('verdict-includes-one');
    expect(verdict(of([1000, 1001, 999, 1000], [900, 901, 899, 900]))).toBe('verdict-excludes-one');
  });

  test('never says that the scores differ: neither a margin nor a test stands behind it', () => {
    const { verdict: text } = compareRun(input(of([1000, 1001, 999, 1000], [900, 901, 899, 900])));
    expect(reportText(text)).toMatch(/The interval excludes 1; whether that matters is not judged yet\.$/);
    expect(reportText(text)).not.toMatch(/differ/);
  });

  test('names the side without a valid trial', () => {
    expect(reportText(compareRun(input(of([1000], []))).verdict)).toBe(
      'No result: guest without a valid trial.',
    );
    expect(verdict({ trials: [] })).toBe('verdict-none');
  });

  test('of a quick run claims nothing whatever the numbers are', () => {
    expect(verdict({ quick: true })).toBe('verdict-quick');
    expect(compareRun(input({ quick: true })).comparable).toBe(false);
  });
});

describe('what makes sides not comparable', () => {
  const host = trials('host', 1000, 1001);

  test.each([
    ['another configuration of the workload', { configHash: 'other' }, 'failure config-differs'],
    ['an unknown configuration', { configHash: null }, 'failure config-unknown'],
    ['another number of processors', { processors: 4 }, 'failure processors-differ'],
    ['an unknown number of processors', { processors: null }, 'failure processors-unknown'],
    ['another metric', { result: result(990, { metric: 'other ops/s' }) }, 'failure workload-differs'],
    ['another label', { result: result(990, { label: 'other' }) }, 'failure workload-differs'],
  ])('%s, and then there is no ratio', (_name, change, code) => {
    const changed = { trials: [...host, trial('guest', 1), trial('guest', 2, change)] };
    expect(codes(changed)).toEqual([code]);
    const report = compareRun(input(changed));
    expect(report).toMatchObject({ comparable: false, ratio: null });
    expect(report.verdict.code).toBe('verdict-not-comparable');
    expect(report.points.every(({ ratio }) => ratio === null)).toBe(true);
  });

  test('a side without a valid trial', () => {
    expect(codes({ trials: host })).toContain('failure no-valid-trial');
  });

  test('another Java is a warning only', () => {
    const changed = { trials: [...host, trial('guest', 1), trial('guest', 2, { javaVersion: '11.0.1' })] };
    expect(codes(changed)).toEqual(['warning java-differs']);
    expect(compareRun(input(changed)).comparable).toBe(true);
  });
});

describe('what the program said of itself', () => {
  const host = trials('host', 1000, 1001);
  const guestWith = (change: Readonly<Record<string, string | undefined>>): Partial<ReportInput> => {
    const said = Object.entries({ ...properties, ...change }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    );
    const odd = result(960, { properties: Object.fromEntries(said) });
    return { trials: [...host, trial('guest', 1, { result: odd }), trial('guest', 2)] };
  };

  test('makes another largest heap not comparable, and says what to do', () => {
    const changed = guestWith({ 'max-heap-bytes': '536870912' });
    expect(codes(changed)).toEqual(['failure heap-differs']);
    const report = compareRun(input(changed));
    expect(report).toMatchObject({ comparable: false, ratio: null });
    expect(report.findings.map(({ text }) => reportText(text))).toEqual([
      expect.stringMatching(/host 1073741824; guest 536870912, 1073741824.*-Xms and -Xmx/),
    ]);
  });

  test.each(['java.vm.name', 'java.vm.version', 'java.vendor'])('warns where %s differs', (key) => {
    const changed = guestWith({ [key]: 'Other' });
    expect(codes(changed)).toEqual(['warning vm-differs']);
    expect(compareRun(input(changed)).findings[0]?.text.data).toMatchObject({ fact: key });
    expect(compareRun(input(changed)).program.find((row) => row.key === key)).toMatchObject({
      host: [properties[key]],
      guest: ['Other', properties[key]],
      mark: 'differs',
    });
  });

  test('warns where a trial does not say something', () => {
    const changed = guestWith({ 'max-heap-bytes': undefined, 'java.vm.name': undefined });
    expect(codes(changed)).toEqual(['warning program-unknown']);
    expect(compareRun(input(changed)).findings[0]?.text.data).toEqual({
      facts: 'java.vm.name, max heap bytes',
    });
  });

  test('is the same row for row in a clean run', () => {
    expect(compareRun(input()).program.map(({ mark }) => mark)).toEqual(Array(6).fill('same'));
  });
});

describe('the calm of a side', () => {
  test.each([
    [[1000, 1040], []],
    [[1000, 1045], ['warning noisy']],
    [[1000, 1070], ['warning noisy']],
    [[1000, 1075], ['warning unstable']],
    [[1000], []],
  ] as const)('scores %j give %j', (scores, expected) => {
    expect(
      codes({ trials: [...trials('host', 1000), ...trials('guest', ...scores)] }).filter((code) =>
        /noisy|unstable/.test(code),
      ),
    ).toEqual(expected);
  });

  test('names the side and how much', () => {
    const report = compareRun(input(of([1000, 1001], [1000, 1100])));
    expect(report.findings.map(({ text }) => reportText(text))).toEqual([
      expect.stringMatching(/^The scores of the guest are unstable: CV 6\.73 %/),
    ]);
  });

  test('is in question where its counted trials ran in several boots', () => {
    const [one, other] = [trial('guest', 1), trial('guest', 2, { bootId: 'another' })];
    expect(codes({ trials: [...trials('host', 1000, 1001), one, other] })).toEqual(['warning several-boots']);
    const failed = { ...other, status: 'failed' as const, result: null };
    const withFailed = [...trials('host', 1000, 1001), one, failed, trial('guest', 2, { attempt: 2 })];
    expect(codes({ trials: withFailed })).toEqual(['warning excluded']);
  });

  test('is not shown where a boot is not known', () => {
    const guest = [trial('guest', 1), trial('guest', 2, { bootId: null })];
    expect(codes({ trials: [...trials('host', 1000, 1001), ...guest] })).toEqual(['note boot-unknown']);
  });

  test('is gone where its kernel changed in the course of the run', () => {
    const { host, guest } = input().environments;
    const changed = { environments: { host, guest: { ...guest, kernels: ['5.3.0', '5.4.0'] } } };
    expect(codes(changed)).toEqual(['failure kernel-changed']);
    expect(compareRun(input(changed))).toMatchObject({ comparable: false, ratio: null });
  });
});

test('a side without a valid trial is told how trials are added to the run', () => {
  const { findings } = compareRun(input({ trials: trials('guest', 960, 961) }));
  expect(findings.map(({ text }) => reportText(text)).join()).toContain(
    '`kvm-parity run overhead-5.3 --into 20260203-080000-overhead --stage measure-host --stage report`',
  );
});

describe('attempts that do not count', () => {
  const failed = trial('guest', 1, { status: 'failed', reason: 'exit status 134', result: null });
  const again = trial('guest', 1, { attempt: 2, result: result(900) });

  test('are listed, excluded from every number and reported', () => {
    const report = compareRun(input({ trials: [trial('host', 1), failed, again] }));
    expect(report.trials.map(({ side, attempt, counted }) => [side, attempt, counted])).toEqual([
      ['host', 1, true],
      ['guest', 1, false],
      ['guest', 2, true],
    ]);
    expect(report.sides.guest).toMatchObject({ attempts: 2, excluded: 1, score: { n: 1, mean: 900 } });
    expect(report.findings.map(({ text }) => reportText(text))).toEqual([
      expect.stringMatching(/^1 of 3 attempts failed/),
    ]);
  });

  test('are also those that are called ok without a complete, valid result', () => {
    for (const change of [
      { valid: false },
      { valid: null },
      { state: 'partial' },
      { score: null },
      { score: 0 },
      { score: Number.NaN },
    ] as const) {
      const bad = trial('guest', 1, { result: result(900, change) });
      expect(compareRun(input({ trials: [trial('host', 1), bad] })).sides.guest.score).toBeNull();
    }
  });

  test('and two valid attempts of one trial are both averaged and reported', () => {
    const report = compareRun(
      input({
        trials: [
          trial('host', 1, { result: result(900) }),
          trial('guest', 1, { result: result(901) }),
          again,
        ],
      }),
    );
    expect(report.sides.guest.score?.n).toBe(2);
    expect(report.findings.map(({ text }) => text.code)).toEqual(['unbalanced', 'repeated']);
  });
});

test('a counted trial whose time deviates is reported', () => {
  const late = result(900, { problems: [{ code: 'time-deviates', evidence: 'x' }] });
  expect(codes({ trials: [trial('host', 1), trial('guest', 1, { result: late })] })).toEqual([
    'warning time-deviates',
  ]);
});

describe('environments', () => {
  test('stand side by side with a mark, in the order of the host', () => {
    expect(compareRun(input()).environment.rows.map(({ key, mark }) => [key, mark])).toEqual([
      ['kernel', 'same'],
      ['CPUs', 'differs'],
      ['turbo', 'host-only'],
      ['libvirt', 'unknown'],
      ['steal', 'guest-only'],
    ]);
  });

  test('that changed between the probes are listed with both values', () => {
    const { host, guest } = input().environments;
    const after = host.after.map((line) => (line.key === 'turbo' ? { ...line, text: 'off' } : line));
    const report = compareRun(input({ environments: { host: { ...host, after }, guest } }));
    expect(report.environment.changes).toEqual([{ side: 'host', key: 'turbo', before: 'on', after: 'off' }]);
    expect(report.findings.map(({ text }) => text.code)).toEqual(['environment-changed']);
  });

  test('that were not probed after the run are said to be missing, and not all changed', () => {
    const { host, guest } = input().environments;
    const report = compareRun(input({ environments: { host, guest: { ...guest, after: [] } } }));
    expect(report.environment.changes).toEqual([]);
    expect(report.findings.map(({ text }) => [text.code, text.data])).toEqual([
      ['environment-missing', { side: 'guest' }],
    ]);
  });
});

test('every text of every report has its words and no gap', () => {
  const score = fc.option(fc.double({ min: 0, max: 1e7, noNaN: true }));
  const attempt = fc.record({
    side: fc.constantFrom('host' as const, 'guest' as const),
    status: fc.constantFrom('ok' as const, 'failed' as const, 'invalid' as const, 'lost' as const),
    score,
    processors: fc.option(fc.integer({ min: 1, max: 3 })),
    java: fc.option(fc.constantFrom('8', '17')),
  });
  fc.assert(
    fc.property(fc.array(attempt, { maxLength: 8 }), fc.boolean(), (attempts, quick) => {
      const report = compareRun(
        input({
          quick,
          trials: attempts.map(({ side, status, score: value, processors, java }, index) =>
            trial(side, index + 1, {
              status,
              processors,
              javaVersion: java,
              result: value === null ? null : result(value),
            }),
          ),
        }),
      );
      for (const text of [report.verdict, ...report.findings.map((finding) => finding.text)])
        expect(reportText(text)).toMatch(/^[A-Z0-9][^{}]*[.]$/);
      expect(report.comparable).toBe(report.findings.every(({ severity }) => severity !== 'failure'));
      if (report.comparable) expect(report.ratio).not.toBeNull();
    }),
  );
});
