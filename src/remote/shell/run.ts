import { randomUUID } from 'node:crypto';
import { payload } from '../../core/script/script.ts';
import { TransportError } from '../error.ts';
import type { ExecOptions, ExecResult, ScriptCall } from '../transport.ts';
import { markScript } from './scripts.ts';

/** Runs a script as one identity. */
export type Exec = (call: ScriptCall, options: ExecOptions) => Promise<ExecResult>;

type MarkedPayload = { readonly marker: string; readonly text: string };

/** The payload of a script, with a marker before its own output that nothing else can print. */
export function marked(call: Pick<ScriptCall, 'script' | 'parameters'>): MarkedPayload {
  const marker = `kvm-parity-${randomUUID()}`;
  return {
    marker,
    text: `${payload(markScript, { MARKER: marker })}\n${payload(call.script, call.parameters)}`,
  };
}

/** How much of a machine's words an error carries. */
export const TEXT_LIMIT = 500;

/** Runs one of our own helper scripts and returns what it printed. @throws TransportError `script-failed`, `disk-full` */
export async function ask(
  exec: Exec,
  call: ScriptCall,
  options: ExecOptions & { readonly machine: string },
): Promise<string> {
  const { machine } = options;
  const { exitStatus, signal, stdout, stderr } = await exec(call, options);
  if (exitStatus === 0) return stdout;
  if (saysDiskFull(stderr)) {
    throw TransportError.of('disk-full', { machine, where: 'target', script: call.script.name });
  }
  throw TransportError.of('script-failed', {
    machine,
    script: call.script.name,
    exitStatus,
    signal,
    text: stderr.slice(-TEXT_LIMIT),
  });
}

/** ENOSPC and EDQUOT, in the words of the C locale. */
export function saysDiskFull(stderr: string): boolean {
  return /No space left on device|Disk quota exceeded/.test(stderr);
}

/** An answer of a machine that none of our scripts would give. */
export function notUnderstood(machine: string, text: string): TransportError {
  return TransportError.of('answer-not-understood', { machine, text: text.slice(0, TEXT_LIMIT) });
}
