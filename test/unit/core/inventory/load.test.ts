import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadInventory } from '../../../../src/core/inventory/load.ts';
import { formatProblem } from '../../../../src/core/inventory/messages.ts';
import { inventoryTemplate } from '../../../../src/core/inventory/template.ts';

const example = readFileSync(new URL('../../../../examples/kvm-parity.yaml', import.meta.url), 'utf8');
const minimal = 'version: 1\nhosts: { h: { ssh: h, guests: { g: { ssh: root@g } } } }\n';

/** The inventory of a text that must be good; the failure shows what is said against it. */
function loaded(text: string): NonNullable<ReturnType<typeof loadInventory>['inventory']> {
  const { inventory, problems } = loadInventory(text, 'good.yaml');
  expect(problems.map(formatProblem)).toEqual([]);
  return inventory!;
}

function reasons(text: string): readonly string[] {
  return loadInventory(text, 'bad.yaml').problems.map(({ reason }) => reason);
}

describe('A good inventory', () => {
  it('is loaded with its names and defaults filled in', () => {
    const experiment = '\nexperiments: { e: { host: h, guest: g } }\n';
    expect(loaded(minimal + experiment)).toEqual({
      version: 1,
      hosts: {
        h: {
          name: 'h',
          ssh: { host: 'h' },
          become: 'none',
          record: [],
          guests: {
            g: {
              name: 'g',
              host: 'h',
              ssh: { user: 'root', host: 'g' },
              via: 'host',
              become: 'none',
              record: [],
            },
          },
        },
      },
      experiments: {
        e: {
          name: 'e',
          host: 'h',
          guest: 'g',
          placement: 'recipe',
          memory: 'node-local',
          workload: { kind: 'warehouse', warehouses: 'auto', rampSeconds: 2, measureSeconds: 10, java: [] },
          repeat: { trials: 5, order: 'abba', rebootEach: false, retries: 1 },
        },
      },
    });
  });

  it('may be the whole example of the design', () => {
    const { hosts, experiments } = loaded(example);
    expect(hosts.r1?.guests.vm1).toMatchObject({ domain: 'vm1', ssh: { user: 'root', host: null } });
    expect(experiments['overhead-5.3']).toMatchObject({
      name: 'overhead-5.3',
      kernel: {
        source: { kind: 'git', git: '../linux', ref: 'v5.3' },
        config: { require: ['CONFIG_NO_HZ_IDLE=y', 'CONFIG_HUGETLBFS=y'] },
        guest: 'build',
        cmdline: { hugepages: { size: '1G', count: 'auto' } },
      },
      tuning: { runlevel: 3, transparentHugepages: 'never', stop: ['numad', 'ksm', 'ksmtuned'] },
      workload: { kind: 'warehouse', java: ['-Xms20g', '-Xmx20g'] },
    });
  });

  it('may be the text of a new inventory', () => {
    expect(Object.keys(loaded(inventoryTemplate).experiments)).toEqual(['first']);
  });

  it('gives the guest its packages where the kernel comes as packages', () => {
    const kernel = 'kernel: { source: { packages: [host.deb, guest.deb] } }';
    const text = `${minimal}experiments: { e: { host: h, guest: g, ${kernel} } }\n`;
    expect(loaded(text).experiments.e?.kernel).toEqual({
      source: { kind: 'packages', packages: ['host.deb', 'guest.deb'] },
      guest: 'packages',
    });
  });

  it('reaches the guests of the local machine directly', () => {
    expect(loaded(minimal.replace('ssh: h,', 'ssh: local,')).hosts.h?.guests.g?.via).toBe('direct');
  });

  it('may use aliases, Windows line ends and a byte order mark', () => {
    const text = '\ufeffversion: 1\r\nhosts:\r\n  a: &a\r\n    ssh: x\r\n  b: *a\r\n';
    expect(Object.keys(loaded(text).hosts)).toEqual(['a', 'b']);
  });

  it('finds nothing under a name that only JavaScript knows', () => {
    const { hosts } = loaded(minimal);
    expect(hosts.constructor).toBeUndefined();
    expect(hosts.__proto__).toBeUndefined();
  });

  it('is used although there are warnings', () => {
    const { inventory, problems } = loadInventory(
      minimal.replace('ssh: root@g', 'ssh: vm1.lab, domain: g'),
      'warned.yaml',
    );
    expect(problems.map(({ reason, severity }) => [reason, severity])).toEqual([
      ['ssh-user-like-address', 'warning'],
    ]);
    expect(inventory?.hosts.h?.guests.g?.ssh).toEqual({ user: 'vm1.lab', host: null });
  });
});

describe('A hostile inventory', () => {
  it('is refused where it is too large, before it is read', () => {
    expect(reasons(' '.repeat(1024 * 1024 + 1))).toEqual(['file-too-large']);
  });

  it.each(['[', '{a: ', '- ', '? ', '- - [{a: '])('is refused where it nests without end: %s', (open) => {
    expect(reasons(open.repeat(50_000))).toEqual(['nested-too-deep']);
    expect(reasons(`${minimal}x:\n  ${open.repeat(50_000)}`)).toEqual(['nested-too-deep']);
  });

  it('is refused where its aliases are too many to resolve', () => {
    expect(reasons(`a: &a x\nb: [${'*a,'.repeat(50_000)}]\n`)).toEqual(['alias-limit']);
  });

  it('is told its first hundred problems and the number of the others', () => {
    const { inventory, problems } = loadInventory(
      minimal + Array.from({ length: 5000 }, (_, index) => `x${index}: 1\n`).join(''),
      'wide.yaml',
    );
    expect(inventory).toBeNull();
    expect(problems).toHaveLength(101);
    expect(problems.find(({ reason }) => reason === 'more-problems')?.data).toEqual({ more: 4900 });
  });
});

describe('A damaged inventory', () => {
  const fragments = [
    '',
    ' ',
    '\t',
    '\n',
    '\r\n',
    ':',
    '- ',
    '[',
    '{',
    '"',
    "'",
    '*a',
    '&a ',
    '!t ',
    '---\n',
    '? ',
    '#',
    '|\n',
    '\0',
    '\ufeff',
    '𝒳',
    'null',
    '__proto__: 1\n',
    '5.10',
  ];

  it('never makes the loader throw, and every problem has its place in the file', () => {
    const change = fc.record({
      at: fc.nat(example.length),
      remove: fc.nat(30),
      insert: fc.oneof(fc.constantFrom(...fragments), fc.string({ unit: 'binary', maxLength: 5 })),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const text = changes.reduce(
          (before, { at, remove, insert }) => before.slice(0, at) + insert + before.slice(at + remove),
          example,
        );
        const { inventory, problems } = loadInventory(text, 'file.yaml');
        expect(inventory === null).toBe(problems.some(({ severity }) => severity === 'error'));
        const lines = text.replace(/^\ufeff/, '').split('\n');
        for (const problem of problems) {
          const { line, column, endLine, endColumn } = problem;
          expect(line).toBeGreaterThanOrEqual(1);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(lines.length).toBeGreaterThanOrEqual(line);
          expect(lines[line - 1]!.length + 1).toBeGreaterThanOrEqual(column);
          expect(endLine).toBe(line);
          expect(endColumn).toBeGreaterThanOrEqual(column);
          expect(lines[line - 1]!.length + 1).toBeGreaterThanOrEqual(endColumn!);
          const said = formatProblem(problem);
          expect(said).not.toMatch(/[\p{Cc}\u202a-\u202e]|undefined|\[object/u);
          expect(said.replace(/"[^"]*"/g, '')).not.toMatch(/\{\w+\}/);
        }
      }),
      { numRuns: 200 },
    );
  });
});
