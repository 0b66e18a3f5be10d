import { firstKnown, understood, type Answers } from '../answers.ts';
import { formatCpuList, parseCpuList } from '../cpuList.ts';
import { notUnderstood } from '../error.ts';
import { valueOf, type Fact } from '../fact.ts';
import { parseNumber } from '../lines.ts';
import { formatBytes, type FactSpec } from '../spec.ts';
import { parseNumactl, type NumaNode } from './numactl.ts';

const ROOT = '/sys/devices/system/node';

/** From the kernel's own files: exact bytes, and an empty CPU list for a node whose CPUs are all offline. */
function nodesOfSysfs(answers: Answers): Fact<readonly NumaNode[]> {
  const lists = answers.files(/^\/sys\/devices\/system\/node\/node\d+\/cpulist$/);
  const distances = valueOf(answers.files(/^\/sys\/devices\/system\/node\/node\d+\/distance$/));
  const memory = valueOf(answers.files(/^\/sys\/devices\/system\/node\/node\d+\/meminfo$/));
  return understood(lists, (files) => {
    const nodes = files.map(({ path, text }): NumaNode => {
      const id = Number(/node(\d+)\/cpulist$/.exec(path)?.[1]);
      const meminfo = memory?.find((file) => file.path === `${ROOT}/node${id}/meminfo`)?.text;
      const distance = distances?.find((file) => file.path === `${ROOT}/node${id}/distance`)?.text;
      return {
        id,
        cpus: parseCpuList(text, { kind: 'node/cpulist', line: 1 }),
        totalBytes: meminfo === undefined ? null : nodeMemory(meminfo, 'MemTotal'),
        freeBytes: meminfo === undefined ? null : nodeMemory(meminfo, 'MemFree'),
        distances: distance === undefined ? null : nodeDistances(distance),
      };
    });
    return nodes.sort((a, b) => a.id - b.id);
  });
}

function nodeMemory(text: string, key: string): number {
  const match = new RegExp(`^Node \\d+ ${key}:\\s+(\\d{1,12}) kB$`, 'm').exec(text);
  if (match === null) {
    throw notUnderstood({
      kind: 'node/meminfo',
      line: 1,
      found: text.slice(0, 80),
      expected: `"Node N ${key}: SIZE kB"`,
    });
  }
  return Number(match[1]) * 1024;
}

function nodeDistances(text: string): number[] {
  return text
    .trim()
    .split(/\s+/)
    .map((word) => parseNumber(word, 'node/distance'));
}

/** What the kernel's files did not tell, from numactl: its sizes are rounded to MiB. */
function completed(node: NumaNode, more: NumaNode | undefined): NumaNode {
  if (more === undefined) return node;
  return {
    ...node,
    totalBytes: node.totalBytes ?? more.totalBytes,
    freeBytes: node.freeBytes ?? more.freeBytes,
    distances: node.distances ?? more.distances,
  };
}

export const numaNodes: FactSpec<readonly NumaNode[]> = {
  read: (answers) => {
    const numactl = understood(answers.output('numactl -H', 'numactl --hardware'), parseNumactl);
    const more = valueOf(numactl) ?? [];
    const sysfs = understood(nodesOfSysfs(answers), (nodes) =>
      nodes.map((node) =>
        completed(
          node,
          more.find(({ id }) => id === node.id),
        ),
      ),
    );
    return firstKnown(sysfs, numactl);
  },
  keys: ['numa.nodes'],
  summarise: (nodes) => [
    ['numa.nodes', String(nodes.length)],
    ...nodes.flatMap(({ id, cpus, totalBytes, distances }) => [
      [`numa.node${id}.cpus`, formatCpuList(cpus)] as const,
      [`numa.node${id}.memory`, totalBytes === null ? null : formatBytes(totalBytes)] as const,
      [`numa.node${id}.distances`, distances?.join(' ') ?? null] as const,
    ]),
  ],
};

/**
 * Whether the kernel moves pages between nodes by itself: 0 off, 1 on, 2 memory tiering
 * (Documentation/admin-guide/sysctl/kernel.rst).
 */
export const numaBalancing: FactSpec<number> = {
  read: (answers) =>
    understood(
      firstKnown(
        answers.file('/proc/sys/kernel/numa_balancing'),
        answers.output('sysctl -n kernel.numa_balancing'),
      ),
      (text) => parseNumber(text, 'numa_balancing'),
    ),
  keys: ['numa.balancing'],
  summarise: (value) => [['numa.balancing', value === 0 ? 'off' : `on (${value})`]],
};
