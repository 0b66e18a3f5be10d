import { parseCpuList } from '../facts/cpuList.ts';
import { notUnderstood } from '../facts/error.ts';
import { filledLines, wholeNumber, type Line } from '../facts/lines.ts';

/** One domain of `virsh list --all`; `id` is null where it does not run. */
export type Domain = { readonly id: number | null; readonly name: string; readonly state: string };

/** States that virsh(1) knows, in English; a name may hold blanks, so that the state is found from the end. */
const STATE = 'running|idle|blocked|paused|in shutdown|shut off|crashed|dying|pmsuspended|no state';

export function parseVirshList(text: string): readonly Domain[] {
  const kind = 'virsh-list';
  const lines = filledLines(text);
  const header = lines.findIndex((line) => /^\s*Id\s+Name\s+State$/.test(line.text));
  if (header < 0) {
    throw notUnderstood({
      kind,
      line: 1,
      found: lines[0]?.text ?? '',
      expected: 'the header "Id Name State"',
    });
  }
  const row = new RegExp(`^\\s*(-|\\d{1,9})\\s+(\\S.*?)\\s+(${STATE})$`);
  return lines
    .slice(header + 1)
    .filter((line) => !/^-+$/.test(line.text))
    .map(({ number, text: found }) => {
      const match = row.exec(found);
      if (match?.[2] === undefined || match[3] === undefined) {
        throw notUnderstood({ kind, line: number, found, expected: 'id, name, state' });
      }
      return { id: match[1] === '-' ? null : Number(match[1]), name: match[2], state: match[3] };
    });
}

/** One virtual CPU of `virsh vcpuinfo`. */
export type Vcpu = {
  readonly vcpu: number;
  /** Host CPU that it is on; null where the domain does not run. */
  readonly cpu: number | null;
  readonly state: string;
  /** CPU time in seconds; null where the domain does not run. */
  readonly seconds: number | null;
  /** Host CPUs that it may run on. */
  readonly affinity: readonly number[];
};

export function parseVcpuinfo(text: string): readonly Vcpu[] {
  const kind = 'vcpuinfo';
  const blocks: Map<string, Line & { readonly value: string }>[] = [];
  for (const line of filledLines(text)) {
    const match = /^([A-Z][A-Za-z ]*?)(?::\s*|\s{2,})(\S.*)$/.exec(line.text);
    const name = match?.[1];
    if (name === undefined) {
      throw notUnderstood({
        kind,
        line: line.number,
        found: line.text,
        expected: '"Name: value" of virsh vcpuinfo',
      });
    }
    if (name === 'VCPU') blocks.push(new Map());
    blocks.at(-1)?.set(name, { ...line, value: match?.[2] ?? '' });
  }
  if (blocks.length === 0) {
    throw notUnderstood({
      kind,
      line: 1,
      found: text.split('\n')[0] ?? '',
      expected: 'a line "VCPU: NUMBER"',
    });
  }
  return blocks.map((block) => vcpuOf(block, kind));
}

function vcpuOf(block: ReadonlyMap<string, Line & { readonly value: string }>, kind: string): Vcpu {
  const number = (name: string): number | null => {
    const field = block.get(name);
    if (field?.value === 'N/A') return null;
    const value = wholeNumber(field?.value ?? '');
    if (value !== undefined) return value;
    throw notUnderstood({
      kind,
      line: field?.number ?? 1,
      found: field?.text ?? '',
      expected: `"${name}: NUMBER"`,
    });
  };
  const vcpu = number('VCPU');
  const mask = block.get('CPU Affinity');
  if (vcpu === null)
    throw notUnderstood({
      kind,
      line: block.get('VCPU')?.number ?? 1,
      found: 'N/A',
      expected: '"VCPU: NUMBER"',
    });
  if (mask === undefined || !/^(?:[y-]+|[\d,^-]+ \(out of \d+\))$/.test(mask.value)) {
    const expected = '"CPU Affinity: yy--"';
    throw notUnderstood({ kind, line: mask?.number ?? 1, found: mask?.text ?? '', expected });
  }
  const time = block.get('CPU time')?.value ?? 'N/A';
  const seconds = /^(\d{1,12}(?:[.,]\d+)?)s$/.exec(time)?.[1];
  return {
    vcpu,
    cpu: number('CPU'),
    state: block.get('State')?.value ?? 'no state',
    seconds: seconds === undefined ? null : Number(seconds.replace(',', '.')),
    affinity: /\d/.test(mask.value)
      ? parseCpuList(mask.value.replace(/ \(out of \d+\)$/, ''), { kind, line: mask.number })
      : Array.from(mask.value, (one, cpu) => (one === 'y' ? [cpu] : [])).flat(),
  };
}

/** Host CPUs per virtual CPU, of `virsh vcpupin`: a table with colons (libvirt < 5) or with columns. */
export type VcpuPin = { readonly vcpu: number; readonly cpus: readonly number[] };

export function parseVcpupin(text: string): readonly VcpuPin[] {
  return pinRows(text, 'vcpupin', /^\s*VCPU:?\s+CPU Affinity$/).map(({ name, line, cpus }) => {
    const vcpu = wholeNumber(name);
    if (vcpu === undefined) {
      throw notUnderstood({
        kind: 'vcpupin',
        line: line.number,
        found: line.text,
        expected: 'VCPU number and CPU list',
      });
    }
    return { vcpu, cpus };
  });
}

/** Host CPUs of the emulator's own threads, of `virsh emulatorpin`. */
export function parseEmulatorpin(text: string): readonly number[] {
  const kind = 'emulatorpin';
  const rows = pinRows(text, kind, /^\s*emulator:\s+CPU Affinity$/);
  const [row] = rows;
  if (row?.name !== '*') {
    throw notUnderstood({
      kind,
      line: row?.line.number ?? 1,
      found: row?.line.text ?? '',
      expected: '"*: CPU LIST"',
    });
  }
  return row.cpus;
}

type PinRow = { readonly name: string; readonly line: Line; readonly cpus: readonly number[] };

function pinRows(text: string, kind: string, header: RegExp): readonly PinRow[] {
  const lines = filledLines(text);
  const start = lines.findIndex((line) => header.test(line.text));
  if (start < 0) {
    throw notUnderstood({
      kind,
      line: 1,
      found: lines[0]?.text ?? '',
      expected: 'the header with "CPU Affinity"',
    });
  }
  return lines
    .slice(start + 1)
    .filter((line) => !/^-+$/.test(line.text))
    .map((line) => {
      const match = /^\s*(\*|\d{1,6})(?::\s*|\s+)([\d,-]+)$/.exec(line.text);
      if (match?.[1] === undefined || match[2] === undefined) {
        throw notUnderstood({ kind, line: line.number, found: line.text, expected: 'a name and a CPU list' });
      }
      return { name: match[1], line, cpus: parseCpuList(match[2], { kind, line: line.number }) };
    });
}

/** `virsh numatune`: mode `strict`, `preferred` or `interleave`; nodes of the host, null where none are set. */
export type Numatune = { readonly mode: string; readonly nodes: readonly number[] | null };

export function parseNumatune(text: string): Numatune {
  const kind = 'numatune';
  const mode = /^numa_mode\s*:\s*(\w+)$/m.exec(text)?.[1];
  const nodes = /^numa_nodeset\s*:[^\S\n]*([\d,-]*)$/m.exec(text)?.[1];
  if (mode === undefined || nodes === undefined) {
    throw notUnderstood({
      kind,
      line: 1,
      found: text.split('\n')[0] ?? '',
      expected: 'numa_mode and numa_nodeset',
    });
  }
  return { mode, nodes: nodes === '' ? null : parseCpuList(nodes, { kind, line: 2 }) };
}

/** `virsh version`. */
export type VirshVersion = {
  readonly library: string;
  /** `QEMU 7.2.22`; null where the daemon is not reached. */
  readonly hypervisor: string | null;
};

export function parseVirshVersion(text: string): VirshVersion {
  const library = /^Using library: libvirt (\S+)$/m.exec(text)?.[1];
  if (library === undefined) {
    const found = text.split('\n')[0] ?? '';
    throw notUnderstood({
      kind: 'virsh-version',
      line: 1,
      found,
      expected: '"Using library: libvirt VERSION"',
    });
  }
  return { library, hypervisor: /^Running hypervisor: (\S.*)$/m.exec(text)?.[1] ?? null };
}
