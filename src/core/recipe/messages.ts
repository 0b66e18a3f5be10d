import type { PlanReason } from './stage.ts';

/** Titles of steps, shown in the plan, the notebook and the log. */
const stepTitles = {
  'step-probe-before': 'Record the environment of {machine}',
  'step-probe-after': 'Record the environment of {machine} again',
  'step-upload': 'Bring {file} to {machine}',
  'step-compile': 'Compile the workload on {machine}',
  'step-measure-guest': 'Measure {workload} in guest {machine}, round {round}',
  'step-measure-host': 'Measure {workload} on host {machine}, round {round}',
  'step-report': 'Compare and write the report',
} as const;

const planReasons: Readonly<Record<PlanReason, string>> = {
  'java-missing':
    'There is no Java on {machine}. Install the same Java runtime (version 8 or later) on host and guest, for example: apt-get install openjdk-17-jre-headless',
  'facts-missing': 'The probe of {machine} could not find out: {fact}. Without it no plan can be made.',
  'stage-unknown': 'There is no stage "{stage}". Stages: {known}.',
};

const planWarnings = {
  'warning-cpus-differ':
    '{host} has {hostCpus} CPUs online, {guest} has {guestCpus}: Java will see different numbers of processors, so the scores will not be comparable.',
  'warning-heap-not-fixed':
    'No -Xmx among the Java options: each JVM will take a share of its own machine’s memory. Heaps that differ are not comparable. Write for example java: [-Xms4g, -Xmx4g].',
  'warning-cpus-unknown':
    'The probe of {machine} could not find out how many CPUs are online, so nobody knows whether host and guest have the same number. Look at `kvm-parity probe {machine}`.',
} as const;

export const planMessages: Readonly<Record<string, string>> = {
  ...stepTitles,
  ...planReasons,
  ...planWarnings,
};
