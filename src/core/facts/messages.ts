import type { FactsReason } from './error.ts';

export const factsMessages: Record<FactsReason, string> = {
  'not-understood':
    'This is no {kind} text that can be understood: line {line} reads "{found}", expected {expected}. Check that the file holds the output of that command, taken with LC_ALL=C.',
  'kind-unknown': 'There is no parser for "{kind}". Known kinds: {known}.',
  'probe-damaged':
    'The answer of the probe is damaged at byte {offset}: found "{found}", expected {expected}. Probe the machine again; if it happens again, something on the machine writes into the output of scripts.',
  'probe-incomplete':
    'The answer of the probe ends after {bytes} bytes, before its end mark: the connection or the shell on the machine ended early. Probe the machine again.',
  'environment-newer':
    'This environment has format version {found}; this program reads versions up to {known}. Update KVM Parity to read it.',
  'json-damaged':
    'The environment is no valid JSON: line {line}, column {column}, near "{found}". Restore the file or probe the machine again.',
  'environment-invalid':
    'The environment is JSON but not of the expected shape: {path} {problem}. Expected what `kvm-parity probe` writes.',
};
