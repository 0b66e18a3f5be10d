import { firstKnown, understood } from '../answers.ts';
import { formatCpuList, parseCpuList } from '../cpuList.ts';
import { notUnderstood } from '../error.ts';
import { wholeNumber } from '../lines.ts';
import { formatBytes, type FactSpec } from '../spec.ts';
import { lscpuFields, type LscpuField } from './lscpuFields.ts';

type CacheName = 'L1d' | 'L1i' | 'L2' | 'L3';
type PerCache = Readonly<Record<CacheName, number | null>>;

/** What lscpu(1) says. Field names are an interface of `parse lscpu`. */
export type Lscpu = {
  readonly architecture: string | null;
  /** "CPU(s)": CPUs that are there, offline ones included. */
  readonly cpus: number;
  readonly onlineCpus: number;
  /** Null where lscpu prints `-` or different values for different kinds of cores. Counted from online CPUs. */
  readonly socketCount: number | null;
  readonly coresPerSocket: number | null;
  readonly threadsPerCore: number | null;
  /** Several kinds of cores: joined by " + ". */
  readonly modelName: string | null;
  readonly vendorId: string | null;
  /** Vendor of the hypervisor; null on bare metal. */
  readonly hypervisor: string | null;
  /**
   * As printed: up to util-linux 2.33 the size of one cache, later the sum of all; `cacheInstances` tells which.
   */
  readonly cacheBytes: PerCache;
  /** How many caches the sum is of; null where lscpu does not say. */
  readonly cacheInstances: PerCache;
  /** A node may have no CPUs. */
  readonly numaNodes: readonly { readonly id: number; readonly cpus: readonly number[] }[];
  /** Null where absent, or wrapped by a terminal, where words may be broken. */
  readonly flags: readonly string[] | null;
};

const CACHES = ['L1d', 'L1i', 'L2', 'L3'] as const satisfies readonly CacheName[];

export function parseLscpu(text: string): Lscpu {
  const fields = lscpuFields(text);
  const all = (name: string): readonly LscpuField[] => fields.filter(({ field }) => field === name);
  const data = (name: string): string | null => {
    const values = [...new Set(all(name).map((field) => field.data))].filter((value) => value !== '');
    return values.length === 0 ? null : values.join(' + ');
  };
  const [cpuCount] = all('CPU(s)');
  const cpus = wholeNumber(cpuCount?.data ?? '');
  if (cpus === undefined || cpus === 0) {
    throw refuse(cpuCount ?? fields[0], 'a line "CPU(s): NUMBER"');
  }
  const caches = CACHES.map((name) => [name, cache(all(`${name} cache`)[0] ?? all(name)[0])] as const);
  const flags = all('Flags')[0] ?? all('Features')[0];
  return {
    architecture: data('Architecture'),
    cpus,
    onlineCpus: onlineCount(fields),
    socketCount: count(all('Socket(s)')),
    coresPerSocket: count(all('Core(s) per socket')),
    threadsPerCore: count(all('Thread(s) per core')),
    modelName: data('Model name'),
    vendorId: data('Vendor ID'),
    hypervisor: data('Hypervisor vendor') ?? data('Hypervisor'),
    cacheBytes: perCache(caches, ({ bytes }) => bytes),
    cacheInstances: perCache(caches, ({ instances }) => instances),
    numaNodes: nodes(fields),
    flags: flags?.whole === true ? flags.data.split(/\s+/).filter((flag) => flag !== '') : null,
  };
}

function refuse(field: LscpuField | undefined, expected: string): Error {
  const found = field === undefined ? '' : `${field.field}: ${field.data}`;
  return notUnderstood({ kind: 'lscpu', line: field?.line ?? 1, found, expected });
}

function count(fields: readonly LscpuField[]): number | null {
  const [first] = fields;
  if (first === undefined || first.data === '-' || first.data === '') return null;
  if (fields.some(({ data }) => data !== first.data)) return null;
  const value = wholeNumber(first.data);
  if (value === undefined) throw refuse(first, 'a number');
  return value;
}

/** Bits set in each hexadecimal digit. */
const ONES = [0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4] as const;

function onlineCount(fields: readonly LscpuField[]): number {
  const list = fields.find(({ field }) => field === 'On-line CPU(s) list');
  if (list !== undefined) {
    const online = parseCpuList(list.data, { kind: 'lscpu', line: list.line }).length;
    if (online > 0) return online;
    throw refuse(list, 'at least one CPU');
  }
  const mask = fields.find(({ field }) => field === 'On-line CPU(s) mask');
  if (mask !== undefined && /^(?:0x)?[0-9a-f,]{1,4096}$/i.test(mask.data)) {
    const digits = Array.from(mask.data.replace(/^0x|,/gi, ''), (digit) => parseInt(digit, 16));
    return digits.reduce((sum, digit) => sum + (ONES[digit] ?? 0), 0);
  }
  throw refuse(mask, 'a line "On-line CPU(s) list: LIST"');
}

function nodes(fields: readonly LscpuField[]): Lscpu['numaNodes'] {
  return fields.flatMap((entry) => {
    const id = /^NUMA node(\d{1,5}) CPU\(s\)$/.exec(entry.field)?.[1];
    if (id === undefined) return [];
    return [{ id: Number(id), cpus: parseCpuList(entry.data, { kind: 'lscpu', line: entry.line }) }];
  });
}

type Cache = { readonly bytes: number | null; readonly instances: number | null };

const UNIT: Readonly<Record<string, number>> = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** `32K`, `32 KiB`, `2.5 MiB`, `192 KiB (6 instances)`. lscpu's units are binary whatever their name. */
function cache(entry: LscpuField | undefined): Cache {
  if (entry === undefined || entry.data === '') return { bytes: null, instances: null };
  const match = /^(\d{1,9}(?:[.,]\d{1,3})?) ?([KMGT]?)(?:i?B)?(?: \((\d{1,6}) instances?\))?$/.exec(
    entry.data,
  );
  const unit = UNIT[match?.[2] ?? ''];
  if (match?.[1] === undefined || unit === undefined) throw refuse(entry, 'a cache size like 32 KiB');
  return {
    bytes: Math.round(Number(match[1].replace(',', '.')) * unit),
    instances: match[3] === undefined ? null : Number(match[3]),
  };
}

function perCache(
  caches: readonly (readonly [CacheName, Cache])[],
  pick: (cache: Cache) => number | null,
): Record<CacheName, number | null> {
  const found: Record<CacheName, number | null> = { L1d: null, L1i: null, L2: null, L3: null };
  for (const [name, value] of caches) found[name] = pick(value);
  return found;
}

export const lscpu: FactSpec<Lscpu> = {
  read: (answers) => {
    const plain = understood(answers.output('lscpu'), parseLscpu);
    return firstKnown(understood(answers.output('lscpu -J', 'lscpu --json'), parseLscpu), plain);
  },
  keys: ['cpu.model', 'cpu.count', 'cpu.topology', 'cpu.hypervisor'],
  summarise: (cpu) => [
    ['cpu.architecture', cpu.architecture],
    ['cpu.model', cpu.modelName],
    ['cpu.count', `${cpu.onlineCpus} online of ${cpu.cpus}`],
    [
      'cpu.topology',
      `${cpu.socketCount ?? '?'} sockets, ${cpu.coresPerSocket ?? '?'} cores per socket, ${cpu.threadsPerCore ?? '?'} threads per core`,
    ],
    ['cpu.hypervisor', cpu.hypervisor ?? 'none named'],
    ...CACHES.map((name) => {
      const bytes = cpu.cacheBytes[name];
      const instances = cpu.cacheInstances[name];
      const shown = bytes === null ? 'none shown' : formatBytes(bytes);
      return [`cpu.cache.${name}`, instances === null ? shown : `${shown} in ${instances}`] as const;
    }),
    ['cpu.numaNodes', cpu.numaNodes.map(({ id, cpus }) => `${id}: ${formatCpuList(cpus)}`).join('; ')],
    ['cpu.flags', cpu.flags === null ? null : [...cpu.flags].sort().join(' ')],
  ],
};
