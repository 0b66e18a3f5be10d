import * as z from 'zod/mini';
import { ENVIRONMENT_FORMAT, type Environment } from './environment.ts';
import { FactsError } from './error.ts';
import { readFacts } from './facts.ts';
import { valueOf } from './fact.ts';
import { jsonErrorAt } from './jsonPosition.ts';
import { readTranscript } from './transcript.ts';

const captureSchema = z.object({
  command: z.string(),
  output: z.string(),
  errors: z.string(),
  exitStatus: z.nullable(z.int()),
});

const environmentSchema = z.object({
  format: z.literal('kvm-parity-environment'),
  formatVersion: z.literal(ENVIRONMENT_FORMAT),
  machine: z.string(),
  role: z.enum(['host', 'guest']),
  takenAt: z.nullable(z.string()),
  captures: z.array(captureSchema),
});

const headSchema = z.object({ format: z.literal('kvm-parity-environment'), formatVersion: z.int() });

/**
 * Reads an environment: the JSON that a probe wrote, or a recorded shell session. A session does not say which
 * machine of the inventory it is: `machine` is then the host's name as it shows (else `transcript`), and `role`
 * is `guest` where lscpu names a hypervisor.
 *
 * @throws FactsError
 */
export function readEnvironmentText(text: string): Environment {
  return /^\uFEFF?\s*\{/.test(text) ? environmentOfJson(text) : environmentOfTranscript(text);
}

function environmentOfTranscript(text: string): Environment {
  const { host, captures } = readTranscript(text);
  const facts = readFacts(captures);
  const virtual = (valueOf(facts.lscpu)?.hypervisor ?? null) !== null;
  return {
    format: 'kvm-parity-environment',
    formatVersion: ENVIRONMENT_FORMAT,
    machine: host ?? valueOf(facts.kernel)?.hostname ?? valueOf(facts.hostname) ?? 'transcript',
    role: virtual ? 'guest' : 'host',
    takenAt: null,
    captures,
  };
}

function environmentOfJson(text: string): Environment {
  const json = parseJson(text.replace(/^\uFEFF/, ''));
  const head = check(headSchema, json);
  if (head.formatVersion > ENVIRONMENT_FORMAT) {
    throw new FactsError('environment-newer', { found: head.formatVersion, known: ENVIRONMENT_FORMAT });
  }
  return check(environmentSchema, json);
}

function check<S extends z.ZodMiniType>(schema: S, json: unknown): z.output<S> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  throw new FactsError('environment-invalid', {
    path: path === '' ? 'the top' : path,
    problem: issue?.message ?? 'is wrong',
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const before = text.slice(0, jsonErrorAt(text));
    throw new FactsError(
      'json-damaged',
      {
        line: before.split('\n').length,
        column: before.length - before.lastIndexOf('\n'),
        found: text.slice(before.length, before.length + 40) || '(the end)',
      },
      { cause },
    );
  }
}
