import type { RunReason } from './error.ts';

export const runMessages: Readonly<Record<RunReason, string>> = {
  'run-not-found':
    'No run "{run}" in {directory} ({matches} match). `kvm-parity status` lists the runs; give an id, the end of one, or "latest".',
  'run-damaged': '{file} is damaged: {detail}. It was written by KVM Parity and should not be edited.',
  'format-newer':
    '{file} was written by a newer version (format {found}, this one reads up to {known}). Update KVM Parity to read it.',
  'journal-damaged':
    '{file}, line {line}: not a journal entry. Lines before it are sound; restore the file from a backup, or remove that line and what follows.',
  'runner-active':
    'Process {pid} on {machine} (a runner, or `restore`) is at this run already. Wait for its end, or follow or cancel it instead.',
  'runner-elsewhere':
    'This run is locked by a runner (process {pid}) on another machine, {machine}. If that runner is gone for good, remove {file} and try again.',
  'runner-silent': 'The runner did not start. Its log says why: {log}',
  'controller-disk-full':
    'No space left on this machine for {file}. Jobs on the machines go on; free some space, then resume the run.',
  'not-approved': 'Nothing was started: the plan was not approved.',
  'nothing-to-resume': 'Run {run} has ended ({status}): there is nothing to resume.',
  'machine-not-listed':
    'There is no machine "{machine}" in the inventory. Add it under `hosts` or under the `guests` of its host.',
  'address-unknown':
    'The address of guest {machine} is not known. Write "ssh: {user}@ADDRESS" for it in the inventory.',
  'lease-held':
    'Host {machine} is taken by run {run} of {owner}. One trial at a time runs on a host. If that run is gone, answer the question, or end it with `kvm-parity restore`.',
  'undo-failed':
    'The original state of {resource} on {machine} could not be read, so it was not changed: {detail}',
  'undo-left': 'Not cleaned: {machine} still needs {left}. Run `kvm-parity restore` first.',
  'output-damaged': 'Step {step} wrote a line to $OUTPUTS that is not NAME=value: {line}',
  'output-missing': 'Step {step} did not say {output}, which later steps need.',
  'expectation-failed': 'Step {step} on {machine} ran, but its effect is not there. Found: {found}',
  'action-failed': 'Step {step} on {machine} ended with exit status {status}. Its log says why.',
  'lost-by-reboot':
    '{machine} was rebooted while the job ran; what it measured is lost. Resume the run to repeat it.',
  'job-killed': 'The job on {machine} vanished without a trace (killed from outside, or out of memory).',
  cancelled: 'Cancelled.',
};

/** Reasons that a step's or trial's failure may have beside the coded errors. */
export const failureMessages = {
  'trial-invalid':
    'The workload ran on {machine}, but its result is not valid ({problem}). {explanation} Evidence: {evidence}',
  'trial-without-score':
    'The workload on {machine} gave no score ({problem}). {explanation} Evidence: {evidence}',
  internal: 'An error of KVM Parity itself: {detail}',
} as const;
