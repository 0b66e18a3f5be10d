import type { Side, Text } from '../recipe/plan.ts';
import { ratioOf, type Ratio } from '../statistics/ratio.ts';
import { summarize, type Summary } from '../statistics/summary.ts';
import { compareEnvironments } from './environment.ts';
import { findingsOf } from './findings.ts';
import { ratioText } from './format.ts';
import type { ReportInput, TrialAttempt } from './input.ts';
import type { VerdictCode } from './messages.ts';
import { programRows } from './program.ts';
import { REPORT_FORMAT, type PointReport, type Report, type SideReport, type TrialReport } from './model.ts';

/** Everything that a report shows, computed from what a run recorded. Never throws. */
export function compareRun(input: ReportInput): Report {
  const trials = input.trials.map((trial) => ({ ...trial, counted: isCounted(trial) }));
  const environment = compareEnvironments(input.environments);
  const sides = { host: sideOf(trials, 'host'), guest: sideOf(trials, 'guest') };
  const program = programRows(trials);
  const findings = findingsOf(input, { trials, environment, sides, program });
  const failures = findings.filter(({ severity }) => severity === 'failure');
  // The numbers of a quick run may be looked at, labelled; those of unlike sides must not be divided.
  const divisible = failures.every(({ text }) => text.code === 'quick');
  const ratio = divisible ? ratioOf(sides.guest.score?.values ?? [], sides.host.score?.values ?? []) : null;
  const first =
    trials.find(({ counted }) => counted)?.result ?? trials.find((t) => t.result !== null)?.result;
  return {
    format: 'kvm-parity-report',
    formatVersion: REPORT_FORMAT,
    productVersion: input.productVersion,
    runId: input.runId,
    experiment: input.experiment,
    quick: input.quick,
    placement: input.placement,
    memory: input.memory,
    order: input.order,
    startedAt: input.startedAt,
    endedAt: input.endedAt,
    workload: first ? { name: first.workload, label: first.label, metric: first.metric } : null,
    comparable: failures.length === 0,
    verdict: verdictOf(sides, ratio, input.quick),
    findings,
    sides,
    ratio,
    program,
    points: pointsOf(trials, divisible),
    trials,
    environment,
    timeline: input.timeline,
  };
}

/** Only a complete, valid result with a score counts, whatever the status says. */
function isCounted({ status, result }: TrialAttempt): boolean {
  if (status !== 'ok' || result?.state !== 'complete' || result.valid !== true) return false;
  return result.score !== null && Number.isFinite(result.score) && result.score > 0;
}

function sideOf(trials: readonly TrialReport[], side: Side): SideReport {
  const own = trials.filter((trial) => trial.side === side);
  const counted = own.filter((trial) => trial.counted);
  return {
    machines: [...new Set(own.map(({ machine }) => machine))],
    attempts: own.length,
    excluded: own.length - counted.length,
    score: summary(counted.map(({ result }) => result?.score ?? null)),
  };
}

function summary(values: readonly (number | null)[]): Summary | null {
  const known = values.filter((value): value is number => value !== null && Number.isFinite(value));
  return known.length === 0 ? null : summarize(known);
}

function pointsOf(trials: readonly TrialReport[], divisible: boolean): readonly PointReport[] {
  const found = trials
    .filter(({ counted }) => counted)
    .flatMap(({ side, result }) => (result?.points ?? []).map((point) => ({ side, ...point })));
  const numbers = [...new Set(found.map(({ warehouses }) => warehouses))].toSorted((a, b) => a - b);
  return numbers.map((warehouses) => {
    const here = found.filter((point) => point.warehouses === warehouses);
    const of = (side: Side): Summary | null =>
      summary(here.filter((point) => point.side === side).map(({ throughput }) => throughput));
    const [host, guest] = [of('host'), of('guest')];
    return {
      warehouses,
      averaged: here.some(({ averaged }) => averaged),
      host,
      guest,
      ratio: divisible && host !== null && guest !== null && host.mean > 0 ? guest.mean / host.mean : null,
    };
  });
}

function verdictOf(sides: Report['sides'], ratio: Ratio | null, quick: boolean): Text {
  const text = (code: VerdictCode, data: Text['data'] = {}): Text => ({ code, data });
  const without = (['host', 'guest'] as const).filter((side) => sides[side].score === null);
  if (without.length > 0) return text('verdict-none', { sides: without.join(' and ') });
  if (ratio === null) return text('verdict-not-comparable');
  const data = {
    ratio: ratioText(ratio.ofGeometricMeans),
    host: sides.host.score?.n ?? 0,
    guest: sides.guest.score?.n ?? 0,
  };
  if (quick) return text('verdict-quick', data);
  if (ratio.interval === null) return text('verdict-single', data);
  const { low, high } = ratio.interval;
  const withInterval = { ...data, low: ratioText(low), high: ratioText(high) };
  if (ratio.standing !== 'enough') return text('verdict-few', withInterval);
  return text(low <= 1 && high >= 1 ? 'verdict-includes-one' : 'verdict-excludes-one', withInterval);
}
