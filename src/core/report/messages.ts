import { fill } from '../messages.ts';
import type { Text } from '../recipe/plan.ts';
import { printable } from './format.ts';
import type { EnvironmentMark, FindingSeverity } from './model.ts';
import type { ReportInput, TrialStatus } from './input.ts';

/** What speaks for or against comparing the two sides. */
export const findingMessages = {
  quick:
    'This was a quick run: the shortest settings, to prove that everything works. Its numbers say nothing about the machines. Run the experiment without --quick to measure.',
  'no-valid-trial':
    'The {side} has no valid trial, so there is nothing to compare with. See the reasons in the table of trials, then add trials to this run: `kvm-parity run {experiment} --into {run} --stage measure-{side} --stage report`. A run that is not complete is gone on with by --resume.',
  'workload-differs':
    'The trials did not run one workload with one metric. Host: {host}. Guest: {guest}. Measure both sides with the same workload.',
  'config-differs':
    'The trials ran with different settings of the workload (hashes: host {host}; guest {guest}). All trials must run with the same; start a new run.',
  'config-unknown':
    'The settings of the workload are not known for every trial (hashes: host {host}; guest {guest}), so it is not shown that both sides did the same.',
  'processors-differ':
    'Java saw different numbers of processors (host: {host}; guest: {guest}). Give the guest as many CPUs as the host is measured with.',
  'processors-unknown':
    'The number of processors that Java saw is not known for every trial (host: {host}; guest: {guest}), so it is not shown that both sides had the same.',
  'java-differs':
    'The trials ran on different Java versions (host: {host}; guest: {guest}): a difference may come from there. Install the same on both sides.',
  'java-unknown': 'The Java version is not known for every trial (host: {host}; guest: {guest}).',
  'heap-differs':
    'Java had different maximum heaps (bytes: host {host}; guest {guest}). Without -Xmx Java takes a share of the machine’s memory. Give the same -Xms and -Xmx, and the collector, in `java:` of the experiment’s workload and start a new run.',
  'vm-differs':
    'The trials ran on Java machines that differ in {fact} (host: {host}; guest: {guest}): a difference of the scores may come from there. Install the same on both sides.',
  'program-unknown':
    'Not every averaged trial says its {facts}, so it is not shown that all of them had the same.',
  noisy:
    'The scores of the {side} scatter: CV {cv}, more than 3 %. Look for what else runs there, or add trials.',
  unstable:
    'The scores of the {side} are unstable: CV {cv}, more than 5 %. Find the cause before anything is concluded from them.',
  'several-boots':
    'The averaged trials of the {side} ran in {boots} different boots of the machine; what a boot decides (memory layout, CPU frequency, services) may differ between them.',
  'boot-unknown':
    'For {trials} of the averaged trials of the {side} it is not known in which boot of the machine they ran.',
  'kernel-changed':
    'The {side} ran different kernels in the course of the run ({kernels}): its trials are not of one machine state. Boot the kernel that is to be measured and start a new run.',
  excluded:
    '{excluded} of {attempts} attempts failed or are not valid. They are listed and not averaged; if they failed because they were slow, the rest looks too good.',
  unbalanced: 'The sides have different numbers of valid trials (host: {host}; guest: {guest}).',
  repeated: 'More than one attempt of a trial is valid ({rounds}); all of them are averaged.',
  'time-deviates':
    'In {trials} of the averaged trials a point took more than 15 % longer or shorter than asked for. Throughput is by measured time, but the machine was busy or paused.',
  'environment-missing':
    'The {side} was not probed both before and after the run, so changes in between cannot be seen.',
  'environment-changed': '{count} facts of the environments changed between the two probes; see the list.',
} as const;

/** The answer in one sentence. Ratios are guest / host. */
export const verdictMessages = {
  'verdict-none': 'No result: {sides} without a valid trial.',
  'verdict-not-comparable': 'Not comparable: the two sides were not measured alike. See the findings.',
  'verdict-quick':
    'Pipeline proven by a quick run: guest / host {ratio}. Not a measurement, so nothing is claimed.',
  'verdict-single':
    'Guest / host {ratio} from the only pair of samples that is there (valid trials: host {host}, guest {guest}). The spread of a side with one trial is not known, so nothing is claimed.',
  'verdict-few':
    'Guest / host {ratio} (95 % interval {low} to {high}; valid trials: host {host}, guest {guest}). With fewer than 4 trials on a side nothing is claimed.',
  'verdict-includes-one':
    'Guest / host {ratio} (95 % interval {low} to {high}; valid trials: host {host}, guest {guest}). The interval includes 1: a difference is not demonstrated.',
  'verdict-excludes-one':
    'Guest / host {ratio} (95 % interval {low} to {high}; valid trials: host {host}, guest {guest}). The interval excludes 1; whether that matters is not judged yet.',
} as const;

export type VerdictCode = keyof typeof verdictMessages;

export const reportMessages: Readonly<Record<string, string>> = { ...findingMessages, ...verdictMessages };

export const severityWords: Record<FindingSeverity, string> = {
  failure: 'Not comparable',
  warning: 'Warning',
  note: 'Note',
};

export const statusWords: Record<TrialStatus, string> = {
  ok: 'ok',
  failed: 'failed',
  invalid: 'invalid',
  lost: 'lost',
};

export const markWords: Record<EnvironmentMark, string> = {
  same: 'same',
  differs: 'differs',
  'host-only': 'host only',
  'guest-only': 'guest only',
  unknown: 'not known',
};

export const placementTexts: Record<ReportInput['placement'], string> = {
  recipe: 'recipe: the guest on one NUMA node, the host measured on another with the guest’s node offline',
  unchanged: 'none applied: the machines were measured as they were',
  'same-node': 'same-node: guest and host measured on the same NUMA node',
};

export const memoryTexts: Record<ReportInput['memory'], string> = {
  'node-local': 'node-local: memory bound to the measured node on both sides',
  unchanged: 'none applied: memory was not bound to a node',
  recipe: 'recipe: the memory of guest and host may span the NUMA nodes',
};

export const orderTexts: Record<ReportInput['order'], string> = {
  abba: 'ABBA (alternating, so that a drift meets both sides alike)',
  blocked: 'blocked: all of one side, then all of the other',
};

/** English text of a coded text of this area, on one line and fit for a terminal. */
export function reportText(text: Text): string {
  return printable(fill(reportMessages[text.code] ?? text.code, text.data));
}
