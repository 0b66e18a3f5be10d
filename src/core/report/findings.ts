import type { Side, Text } from '../recipe/plan.ts';
import type { EnvironmentReport, FindingSeverity, ReportFinding, TrialReport } from './model.ts';
import type { ReportInput } from './input.ts';
import type { findingMessages } from './messages.ts';

export type FindingCode = keyof typeof findingMessages;

const sides = ['host', 'guest'] as const satisfies readonly Side[];

/** Everything about the run that bears on whether its numbers may be compared. */
export function findingsOf(
  input: ReportInput,
  trials: readonly TrialReport[],
  environment: EnvironmentReport,
): readonly ReportFinding[] {
  const counted = trials.filter((trial) => trial.counted);
  return [
    ...(input.quick ? [finding('failure', 'quick')] : []),
    ...sides
      .filter((side) => !counted.some((trial) => trial.side === side))
      .map((side) => finding('failure', 'no-valid-trial', { side })),
    ...differences(counted),
    ...attemptFindings(trials, counted),
    ...environmentFindings(input, environment),
  ];
}

function finding(severity: FindingSeverity, code: FindingCode, data: Text['data'] = {}): ReportFinding {
  return { severity, text: { code, data } };
}

/** What has to be equal in all trials that count. A value that is not known proves nothing equal. */
function differences(counted: readonly TrialReport[]): readonly ReportFinding[] {
  const compare = (
    severity: FindingSeverity,
    codes: { readonly differ: FindingCode; readonly unknown: FindingCode },
    read: (trial: TrialReport) => string | number | null | undefined,
  ): readonly ReportFinding[] => {
    const values = (side: Side): ReadonlySet<string | null> =>
      new Set(counted.filter((trial) => trial.side === side).map((trial) => read(trial)?.toString() ?? null));
    const [host, guest] = [values('host'), values('guest')];
    const all = new Set([...host, ...guest]);
    if (all.size === 0) return [];
    const shown = { host: list(host), guest: list(guest) };
    const known = [...all].filter((value) => value !== null);
    return [
      ...(known.length > 1 ? [finding(severity, codes.differ, shown)] : []),
      ...(all.has(null) ? [finding(severity, codes.unknown, shown)] : []),
    ];
  };
  return [
    ...compare('failure', { differ: 'workload-differs', unknown: 'workload-differs' }, ({ result }) =>
      result === null ? null : `${result.workload}: ${result.metric} (${result.label})`,
    ),
    ...compare('failure', { differ: 'config-differs', unknown: 'config-unknown' }, (t) => t.configHash),
    ...compare(
      'failure',
      { differ: 'processors-differ', unknown: 'processors-unknown' },
      (t) => t.processors,
    ),
    ...compare('warning', { differ: 'java-differs', unknown: 'java-unknown' }, (t) => t.javaVersion),
  ];
}

function list(values: ReadonlySet<string | null>): string {
  return [...values].map((value) => value ?? 'not known').join(', ') || 'none';
}

function attemptFindings(
  trials: readonly TrialReport[],
  counted: readonly TrialReport[],
): readonly ReportFinding[] {
  const excluded = trials.length - counted.length;
  const n = (side: Side): number => counted.filter((trial) => trial.side === side).length;
  const rounds = counted.map(({ side, round }) => `${side} ${round}`);
  const repeated = [...new Set(rounds.filter((round, index) => rounds.indexOf(round) !== index))];
  const late = counted.filter(({ result }) => result?.problems.some(({ code }) => code === 'time-deviates'));
  return [
    ...(excluded > 0 ? [finding('warning', 'excluded', { excluded, attempts: trials.length })] : []),
    ...(n('host') !== n('guest') && n('host') > 0 && n('guest') > 0
      ? [finding('warning', 'unbalanced', { host: n('host'), guest: n('guest') })]
      : []),
    ...(repeated.length > 0 ? [finding('warning', 'repeated', { rounds: repeated.join(', ') })] : []),
    ...(late.length > 0 ? [finding('warning', 'time-deviates', { trials: late.length })] : []),
  ];
}

function environmentFindings(input: ReportInput, { changes }: EnvironmentReport): readonly ReportFinding[] {
  const missing = sides.filter((side) => {
    const { before, after } = input.environments[side];
    return before.length === 0 || after.length === 0;
  });
  return [
    ...missing.map((side) => finding('warning', 'environment-missing', { side })),
    ...(changes.length > 0 ? [finding('note', 'environment-changed', { count: changes.length })] : []),
  ];
}
