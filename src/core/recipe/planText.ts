import { fill } from '../messages.ts';
import { planMessages } from './messages.ts';
import type { ApprovalNeeds, Plan, PlannedCall, PlannedValue, Step, Text } from './plan.ts';

/** English text of a title or warning. */
export function planText({ code, data }: Text): string {
  return fill(planMessages[code] ?? code, data);
}

/** `2 h 20 min`, `4 min`, `35 s`: an estimate, no more exact than it is. */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function valueText(value: PlannedValue): string {
  if (typeof value === 'object') return `«${value.output} of ${value.step}»`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

function callLines(what: string, call: PlannedCall | undefined): readonly string[] {
  if (call === undefined) return [];
  const who = call.as === 'root' ? ' as root' : '';
  return [
    `    ${what}: ${call.script}${who}`,
    ...Object.entries(call.parameters).map(([name, value]) => `      ${name}=${valueText(value)}`),
  ];
}

function stepLines(step: Step): readonly string[] {
  const { action } = step;
  const doing = action.kind === 'script' || action.kind === 'measure' ? callLines('runs', action.call) : [];
  const asking =
    action.kind === 'probe'
      ? [
          '    asks, read-only: facts/probe and all of facts/ask',
          ...(action.domain === null ? [] : [`    about the domain ${JSON.stringify(action.domain)}`]),
          ...action.record.map((command) => `    and records ${JSON.stringify(command)}`),
        ]
      : [];
  const lease = action.kind === 'measure' ? [`    holds the lease of host ${action.lease} meanwhile`] : [];
  return [
    `${step.id}  [${step.machine}]  ${planText(step.title)}  (about ${durationText(step.seconds)})`,
    ...callLines('skipped if', step.check),
    ...(step.undo === undefined ? [] : [`    changes ${step.undo.resource} (${step.undo.lasts})`]),
    ...callLines('undone by', step.undo?.call),
    ...lease,
    ...asking,
    ...doing,
    ...callLines('verified by', step.expect),
  ];
}

/** What an approval covers, one line each. */
export function approvalLines(needs: ApprovalNeeds): readonly string[] {
  const list = (title: string, items: readonly string[]): string =>
    `${title}: ${items.length === 0 ? 'none' : items.join('; ')}`;
  return [
    list('Reboots', needs.reboots),
    list('Domains that go down', needs.domainsDown),
    list('Packages that get installed', needs.packages),
    list('Logged in now', needs.loggedIn),
    `Time: about ${durationText(needs.seconds)}; this machine must stay awake to follow it, but what runs on the machines goes on without it`,
    ...needs.warnings.map((warning) => `Warning: ${planText(warning)}`),
  ];
}

/** The whole plan for people: every step, then every script that will run, byte for byte. */
export function planDocument(plan: Plan): string {
  return [
    `Plan of experiment ${plan.experiment}${plan.quick ? ' (quick: proves the pipeline, measures nothing)' : ''}`,
    `Stages: ${plan.stages.join(', ')}`,
    '',
    ...approvalLines(plan.approval),
    '',
    ...plan.steps.flatMap((step) => [...stepLines(step), '']),
    ...Object.values(plan.scripts).flatMap((script) => [
      `──── ${script.name} ────`,
      script.text.trimEnd(),
      '',
    ]),
  ].join('\n');
}
