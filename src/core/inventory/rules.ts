import type { Finding, Path, SshReason } from './problem.ts';
import { namePattern } from './schema.ts';
import { guestForms, hostForms, parseGuestSsh, parseHostSsh } from './ssh.ts';
import { quoted } from './place.ts';

type Entry = { readonly name: string; readonly value: unknown; readonly path: Path };
type GuestEntry = Entry & { readonly host: string };

/** Names that a message lists. */
const LISTED = 20;

const reservedNames = ['controller', 'local'];

/**
 * What no single value can say of itself: names, references, `ssh` with `via`. Looks at data that the schema may have refused,
 * so that all problems are told at once, and passes over what has not the right shape.
 */
export function brokenRules(data: unknown): readonly Finding[] {
  const hosts = entries(data, ['hosts']);
  const guests = hosts.flatMap(({ name, path, value }) =>
    entries(value, ['guests'], path).map((guest): GuestEntry => ({ ...guest, host: name })),
  );
  const experiments = entries(data, ['experiments']);
  const noHosts = hosts.length === 0 && isMap(at(data, 'hosts'));
  return [
    ...(noHosts ? [{ reason: 'hosts-empty', path: ['hosts'], at: 'key' } as const] : []),
    ...[...hosts, ...guests, ...experiments].flatMap(name),
    ...sameNames([...hosts, ...guests]),
    ...hosts.flatMap(hostSsh),
    ...guests.flatMap(guestSsh),
    ...experiments.flatMap((experiment) => references(experiment, hosts, guests)),
    ...experiments.flatMap(kernelSource),
    ...experiments.flatMap(javaOptions),
    ...experiments.flatMap(reboots),
  ];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) => (isMap(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined),
    value,
  );
}

function entries(value: unknown, keys: readonly string[], base: Path = []): readonly Entry[] {
  const map = at(value, ...keys);
  if (!isMap(map)) return [];
  return Object.entries(map).map(([name, inner]) => ({ name, value: inner, path: [...base, ...keys, name] }));
}

function name({ name, path }: Entry): readonly Finding[] {
  if (!namePattern.test(name)) return [{ reason: 'name-invalid', path, at: 'key' }];
  // `constructor` and its like would be found in any object that is searched by name.
  if (reservedNames.includes(name.toLowerCase()) || name in {})
    return [{ reason: 'name-reserved', path, at: 'key' }];
  return [];
}

function sameNames(machines: readonly (Entry | GuestEntry)[]): readonly Finding[] {
  const first = new Map<string, Entry | GuestEntry>();
  return machines.flatMap((machine): readonly Finding[] => {
    const name = machine.name.toLowerCase();
    const earlier = first.get(name);
    if (earlier === undefined) {
      first.set(name, machine);
      return [];
    }
    const other = 'host' in earlier ? `a guest of ${quoted(earlier.host)}` : 'a host';
    return [{ reason: 'duplicate-machine', path: machine.path, at: 'key', data: { other } }];
  });
}

function hostSsh({ value, path }: Entry): readonly Finding[] {
  const ssh = at(value, 'ssh');
  if (typeof ssh !== 'string') return [];
  const parsed = parseHostSsh(ssh);
  return 'reason' in parsed ? [badSsh(parsed.reason, path, { forms: hostForms })] : [];
}

function guestSsh({ value, path }: Entry): readonly Finding[] {
  const ssh = at(value, 'ssh');
  if (typeof ssh !== 'string') return [];
  if (ssh === 'local') return [{ reason: 'guest-local', path: [...path, 'ssh'] }];
  const via = at(value, 'via') === 'direct' ? 'direct' : 'host';
  const parsed = parseGuestSsh(ssh, via);
  if ('reason' in parsed) return [badSsh(parsed.reason, path, { forms: guestForms, address: ssh })];
  if (parsed.destination.host !== null) return [];
  const findings: Finding[] = [];
  if (at(value, 'domain') === undefined) findings.push(badSsh('ssh-address-missing', path, {}));
  if (ssh.includes('.')) findings.push(badSsh('ssh-user-like-address', path, { address: ssh }));
  return findings;
}

function badSsh(reason: SshReason, path: Path, data: NonNullable<Finding['data']>): Finding {
  return { reason, path: [...path, 'ssh'], data };
}

function references(
  experiment: Entry,
  hosts: readonly Entry[],
  guests: readonly GuestEntry[],
): readonly Finding[] {
  const host = at(experiment.value, 'host');
  const guest = at(experiment.value, 'guest');
  const findings: Finding[] = [];
  const hostKnown = hosts.some(({ name }) => name === host);
  if (typeof host === 'string' && !hostKnown)
    findings.push({
      reason: 'unknown-host',
      path: [...experiment.path, 'host'],
      data: { names: listed(hosts) },
    });
  if (typeof guest !== 'string') return findings;
  const path = [...experiment.path, 'guest'];
  const candidates = guests.filter(({ name }) => name === guest);
  const here = hostKnown ? guests.filter((entry) => entry.host === host) : guests;
  if (candidates.length === 0)
    findings.push({ reason: 'unknown-guest', path, data: { names: listed(here) } });
  else if (hostKnown && !here.some(({ name }) => name === guest)) {
    const other = candidates[0]?.host ?? '';
    findings.push({
      reason: 'guest-on-other-host',
      path,
      data: { host: String(host), other, names: listed(here) },
    });
  }
  return findings;
}

function listed(machines: readonly Entry[]): string {
  const names = machines.slice(0, LISTED).map(({ name }) => quoted(name));
  if (machines.length > LISTED) names.push('…');
  return names.join(', ') || 'none';
}

function kernelSource({ value, path }: Entry): readonly Finding[] {
  const source = at(value, 'kernel', 'source');
  if (!isMap(source)) return [];
  const kinds = ['git', 'ref', 'tarball', 'packages'].filter((kind) => Object.hasOwn(source, kind));
  if (['git,ref', 'tarball', 'packages'].includes(kinds.join())) return [];
  const data = { found: kinds.join(', ') || 'none' };
  return [{ reason: 'kernel-source-invalid', path: [...path, 'kernel', 'source'], at: 'map', data }];
}

function javaOptions({ value, path }: Entry): readonly Finding[] {
  const keys = ['workload', 'warehouse', 'java'];
  const options = at(value, ...keys);
  if (!Array.isArray(options)) return [];
  return options.flatMap((option: unknown, index): readonly Finding[] => {
    const joined = typeof option === 'string' && /^-\S* +-[A-Za-z]/.test(option);
    return joined ? [{ reason: 'java-options-joined', path: [...path, ...keys, index] }] : [];
  });
}

function reboots({ value, path }: Entry): readonly Finding[] {
  if (at(value, 'repeat', 'rebootEach') !== true) return [];
  return [{ reason: 'reboots-not-available', path: [...path, 'repeat', 'rebootEach'] }];
}
