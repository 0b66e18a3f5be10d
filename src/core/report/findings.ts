import type { Side, Text } from '../recipe/plan.ts';
import { percentText } from './format.ts';
import type { ReportInput } from './input.ts';
import type { findingMessages } from './messages.ts';
import type {
  EnvironmentReport,
  FindingSeverity,
  ProgramRow,
  Report,
  ReportFinding,
  TrialReport,
} from './model.ts';
import { programValues } from './program.ts';

export type FindingCode = keyof typeof findingMessages;

const bothSides = ['host', 'guest'] as const satisfies readonly Side[];

/** Coefficients of variation above which a side is called noisy, unstable. */
const NOISY = 0.03;
const UNSTABLE = 0.05;

/** Everything about the run that bears on whether its numbers may be compared. */
export function findingsOf(
  input: ReportInput,
  { trials, environment, sides, program }: Pick<Report, 'trials' | 'environment' | 'sides' | 'program'>,
): readonly ReportFinding[] {
  const counted = trials.filter((trial) => trial.counted);
  return [
    ...(input.quick ? [finding('failure', 'quick')] : []),
    ...bothSides
      .filter((side) => !counted.some((trial) => trial.side === side))
      .map((side) =>
        finding('failure', 'no-valid-trial', { side, experiment: input.experiment.name, run: input.runId }),
      ),
    ...differences(counted),
    ...programFindings(program),
    ...bothSides.flatMap((side) => [
      ...noiseFindings(side, sides[side].score?.cv ?? null),
      ...bootFindings(side, counted),
    ]),
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

/** A Java machine of another heap is another measurement; other facts of it may be the cause of a difference. */
function programFindings(program: readonly ProgramRow[]): readonly ReportFinding[] {
  const judged = program.filter(
    ({ weight, host, guest }) => weight !== 'shown' && host.length + guest.length > 0,
  );
  const unknown = judged.filter(({ host, guest }) => host.includes(null) || guest.includes(null));
  const keys = unknown.map(({ key }) => key).join(', ');
  return [
    ...judged
      .filter(({ mark }) => mark === 'differs')
      .map(({ key, weight, host, guest }) => {
        const shown = { host: programValues(host), guest: programValues(guest) };
        return weight === 'heap'
          ? finding('failure', 'heap-differs', shown)
          : finding('warning', 'vm-differs', { fact: key, ...shown });
      }),
    ...(unknown.length > 0 ? [finding('warning', 'program-unknown', { facts: keys })] : []),
  ];
}

function noiseFindings(side: Side, cv: number | null): readonly ReportFinding[] {
  if (cv === null || cv <= NOISY) return [];
  return [finding('warning', cv > UNSTABLE ? 'unstable' : 'noisy', { side, cv: percentText(cv) })];
}

function bootFindings(side: Side, counted: readonly TrialReport[]): readonly ReportFinding[] {
  const own = counted.filter((trial) => trial.side === side);
  const boots = new Set(own.flatMap(({ bootId }) => bootId ?? []));
  const unknown = own.filter(({ bootId }) => bootId === null).length;
  return [
    ...(boots.size > 1 ? [finding('warning', 'several-boots', { side, boots: boots.size })] : []),
    ...(own.length > 1 && unknown > 0 ? [finding('note', 'boot-unknown', { side, trials: unknown })] : []),
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
  const missing = bothSides.filter((side) => {
    const { before, after } = input.environments[side];
    return before.length === 0 || after.length === 0;
  });
  const changed = bothSides.filter((side) => input.environments[side].kernels.length > 1);
  return [
    ...changed.map((side) =>
      finding('failure', 'kernel-changed', { side, kernels: input.environments[side].kernels.join(', ') }),
    ),
    ...missing.map((side) => finding('warning', 'environment-missing', { side })),
    ...(changes.length > 0 ? [finding('note', 'environment-changed', { count: changes.length })] : []),
  ];
}
