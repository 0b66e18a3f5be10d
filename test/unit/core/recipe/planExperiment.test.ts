import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadInventory } from '../../../../src/core/inventory/load.ts';
import type { Experiment } from '../../../../src/core/inventory/inventory.ts';
import { planMessages } from '../../../../src/core/recipe/messages.ts';
import type { MachineSummary } from '../../../../src/core/recipe/machineSummary.ts';
import type { Plan, PlannedCall, Side, StageId } from '../../../../src/core/recipe/plan.ts';
import {
  planExperiment,
  stageId,
  stageIds,
  type PlanInput,
} from '../../../../src/core/recipe/planExperiment.ts';
import { approvalLines, durationText, planDocument, planText } from '../../../../src/core/recipe/planText.ts';

function experimentOf(settings: string): Experiment {
  const text = `version: 1
hosts: { r1: { ssh: r1, guests: { vm1: { ssh: root@vm1 } } } }
experiments: { e: { host: r1, guest: vm1, ${settings} } }
`;
  const { inventory, problems } = loadInventory(text, 'test.yaml');
  if (inventory === null) throw new Error(JSON.stringify(problems));
  return inventory.experiments.e!;
}

const machine = (name: string, change: Partial<MachineSummary> = {}): MachineSummary => ({
  machine: name,
  onlineCpus: 4,
  java: '/usr/bin/java',
  javac: '/usr/bin/javac',
  domain: null,
  record: [],
  loggedIn: [],
  ...change,
});

/** What the probes of a plan ask. */
function asked({ steps }: Plan): readonly string[] {
  return steps.flatMap(({ action }) => (action.kind === 'probe' ? action.scripts : []));
}

type Change = Partial<Omit<PlanInput, 'machines'>> & {
  readonly host?: Partial<MachineSummary>;
  readonly guest?: Partial<MachineSummary>;
  readonly settings?: string;
};

function inputOf({ host, guest, settings, ...change }: Change = {}): PlanInput {
  return {
    experiment: experimentOf(
      settings ?? 'repeat: { trials: 2 }, workload: { warehouse: { java: [-Xmx1g, "-Dx=a b"] } }',
    ),
    machines: {
      host: machine('r1', { domain: 'vm1', record: ['hostinfo'], ...host }),
      guest: machine('vm1', guest),
    },
    stages: stageIds,
    quick: false,
    hash: (text) => createHash('sha256').update(text).digest('hex').slice(0, 12),
    segment: 1,
    roundsDone: { host: 0, guest: 0 },
    ...change,
  };
}

const plan = (change?: Change): Plan => planExperiment(inputOf(change));

/** The plan for people, with the names of the scripts but not their text, and without the hash of the settings. */
function picture(made: Plan): string {
  const [text = ''] = planDocument(made).split('\n────');
  return `${text.replaceAll(/CONFIG_HASH="\w+"/g, 'CONFIG_HASH="…"').trimEnd()}\n\nscripts: ${Object.keys(made.scripts).join(', ')}\n`;
}

function callsOf(made: Plan): readonly { readonly step: number; readonly call: PlannedCall }[] {
  return made.steps.flatMap(({ action, check, expect: verify, undo }, step) =>
    [
      action.kind === 'script' || action.kind === 'measure' ? action.call : undefined,
      check,
      verify,
      undo?.original,
      undo?.call,
    ].flatMap((call) => (call === undefined ? [] : [{ step, call }])),
  );
}

const hashes = (made: Plan): readonly string[] =>
  made.steps.flatMap(({ action }) => (action.kind === 'measure' ? [action.configHash] : []));

describe('The plan of an experiment', () => {
  it.each([
    ['both-javac', {}],
    ['one-javac', { guest: { javac: null } }],
    ['quick', { quick: true }],
    ['only-the-probe', { stages: ['probe'] }],
    ['only-the-guest', { stages: ['measure-guest'], host: { java: null, javac: null } }],
    ['only-the-report', { stages: ['report'] }],
    [
      'explicit-warehouses',
      {
        settings:
          'repeat: { trials: 1, order: blocked }, workload: { warehouse: { warehouses: 7, rampSeconds: 5, measureSeconds: 7 } }',
      },
    ],
    [
      'cpus-differ',
      { host: { onlineCpus: 8, loggedIn: ['ada on pts/0 since 2026-02-03 04:00 from 10.0.0.1'] } },
    ],
    [
      'second-segment',
      { segment: 2, roundsDone: { host: 2, guest: 2 }, stages: ['measure-guest', 'measure-host', 'report'] },
    ],
  ] as const satisfies readonly (readonly [string, Change])[])('is readable: %s', async (name, change) => {
    await expect(picture(plan(change))).toMatchFileSnapshot(`../../../fixtures/recipe/plan-${name}.txt`);
  });

  const changes = fc.record({
    stages: fc.subarray([...stageIds]),
    quick: fc.boolean(),
    segment: fc.integer({ min: 1, max: 12 }),
    roundsDone: fc.record({ host: fc.nat(9), guest: fc.nat(9) }),
    host: fc.record({
      onlineCpus: fc.integer({ min: 1, max: 512 }),
      javac: fc.constantFrom(null, '/usr/bin/javac'),
    }),
    guest: fc.record({ onlineCpus: fc.integer({ min: 1, max: 512 }), javac: fc.constantFrom(null, 'javac') }),
    settings: fc
      .record({ trials: fc.integer({ min: 1, max: 60 }), order: fc.constantFrom('abba', 'blocked') })
      .map(({ trials, order }) => `repeat: { trials: ${trials}, order: ${order} }`),
  });

  it('is the same for the same input, and leaves the input as it was', () => {
    fc.assert(
      fc.property(changes, (change) => {
        const input = inputOf(change);
        const before = JSON.stringify(input);
        expect(planExperiment(input)).toEqual(planExperiment(input));
        expect(JSON.stringify(input)).toBe(before);
      }),
      { numRuns: 30 },
    );
  });

  it('hangs together: unique ids that are file names, outputs from earlier steps, the scripts that run and no others', () => {
    fc.assert(
      fc.property(changes, (change) => {
        const made = plan(change);
        const ids = made.steps.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.every((id) => /^\d+\.\d{2,}-[a-z0-9-]+$/.test(id) && id.length < 100)).toBe(true);
        expect(ids).toEqual([...ids].sort());
        const calls = callsOf(made);
        for (const { step, call } of calls) {
          const script = made.scripts[call.script];
          expect(Object.keys(call.parameters).sort()).toEqual(Object.keys(script?.parameters ?? {}).sort());
          for (const value of Object.values(call.parameters)) {
            if (typeof value !== 'object') continue;
            const producer = made.steps.findIndex(({ id }) => id === value.step);
            expect(producer).toBeGreaterThanOrEqual(0);
            expect(producer).toBeLessThan(step);
            const { action, outputs = [] } = made.steps[producer]!;
            expect(action.kind === 'upload' ? [action.output] : outputs).toContain(value.output);
          }
        }
        expect(Object.keys(made.scripts).sort()).toEqual(
          [...new Set([...calls.map(({ call }) => call.script), ...asked(made)])].sort(),
        );
        expect(new Set(hashes(made)).size).toBeLessThanOrEqual(1);
        // It is approved as it is, and read back from a file.
        expect(JSON.parse(JSON.stringify(made))).toEqual(made);
      }),
      { numRuns: 60 },
    );
  });

  it('measures both sides with the same settings, whatever their compilers and launchers', () => {
    const made = plan({ host: { java: '/opt/jdk/bin/java', onlineCpus: 64 }, guest: { javac: null } });
    const sides = (side: Side): unknown => {
      const step = made.steps.find(({ action }) => action.kind === 'measure' && action.trial.side === side)!;
      if (step.action.kind !== 'measure') throw new TypeError('no trial');
      return { ...step.action.call.parameters, JAVA: 'its own', CLASSPATH_ENTRY: 'its own' };
    };
    expect(sides('host')).toEqual(sides('guest'));
    expect(sides('host')).toMatchObject({ WAREHOUSES: 4 });
  });

  it('has another hash for any other setting', () => {
    const settings = [
      'workload: { warehouse: { warehouses: 4 } }',
      'workload: { warehouse: { warehouses: 5 } }',
      'workload: { warehouse: { warehouses: 4, rampSeconds: 9 } }',
      'workload: { warehouse: { warehouses: 4, measureSeconds: 9 } }',
      'workload: { warehouse: { warehouses: 4, java: [-Xmx1g] } }',
      'workload: { warehouse: { warehouses: 4, java: [-Xmx1g, -server] } }',
      'workload: { warehouse: { warehouses: 4, java: [-server, -Xmx1g] } }',
    ];
    const found = settings.map((one) => hashes(plan({ settings: one }))[0]);
    expect(new Set(found).size).toBe(settings.length);
    expect(hashes(plan({ settings: settings[0]!, quick: true }))[0]).not.toBe(found[0]);
    // What the measured program does not see does not matter.
    expect(hashes(plan({ settings: `${settings[0]!}, repeat: { trials: 1, retries: 3 }` }))[0]).toBe(
      found[0],
    );
  });

  it.each(['host', 'guest'] as const)('is refused where the measured %s has no Java', (side) => {
    expect(() => plan({ [side]: { java: null } })).toThrow(
      expect.objectContaining({ reason: 'java-missing', data: { machine: side === 'host' ? 'r1' : 'vm1' } }),
    );
  });

  it("is refused where N is to be the guest's CPUs and nobody knows them", () => {
    expect(() => plan({ guest: { onlineCpus: null } })).toThrow(
      expect.objectContaining({ reason: 'facts-missing', data: { machine: 'vm1', fact: 'online CPUs' } }),
    );
  });

  it('warns where it is not known whether both sides have the same number of CPUs', () => {
    const settings = 'workload: { warehouse: { warehouses: 4, java: [-Xmx1g] } }';
    const one = plan({ settings, host: { onlineCpus: null } }).approval.warnings;
    expect(one).toEqual([{ code: 'warning-cpus-unknown', data: { machine: 'r1' } }]);
    const two = plan({ settings, host: { onlineCpus: null }, guest: { onlineCpus: null } }).approval.warnings;
    expect(two.map(({ data }) => data.machine)).toEqual(['r1', 'vm1']);
    expect(
      plan({ settings, host: { onlineCpus: null }, stages: ['measure-host'] }).approval.warnings,
    ).toEqual([]);
  });

  it('warns where nothing fixes the heap', () => {
    const warningsOf = (java: string): readonly string[] =>
      plan({ settings: `workload: { warehouse: { java: [${java}] } }` }).approval.warnings.map(
        ({ code }) => code,
      );
    expect(warningsOf('')).toEqual(['warning-heap-not-fixed']);
    expect(warningsOf('-Xms1g')).toEqual(['warning-heap-not-fixed']);
    expect(warningsOf('-Xmx1g')).toEqual([]);
    expect(warningsOf('"-XX:MaxHeapSize=1g"')).toEqual([]);
  });

  it('keeps the order of the recipe, however the stages are named, and each once', () => {
    const stages: readonly StageId[] = ['report', 'measure-host', 'probe', 'report', 'measure-guest'];
    expect(plan({ stages })).toEqual(plan());
  });
});

describe('A stage', () => {
  it('is known by its name only', () => {
    expect(stageIds.map(stageId)).toEqual(stageIds);
    for (const name of ['', 'PROBE', 'measure', 'constructor'])
      expect(() => stageId(name)).toThrow(
        expect.objectContaining({
          reason: 'stage-unknown',
          data: { stage: name, known: stageIds.join(', ') },
        }),
      );
  });
});

describe('The texts of a plan', () => {
  it('have nothing left to fill in: titles, warnings, what is approved', () => {
    const plans = [
      plan(),
      plan({ guest: { javac: null }, host: { onlineCpus: 9 } }),
      plan({ settings: 'workload: { warehouse: { warehouses: 2 } }', host: { onlineCpus: null } }),
    ];
    const texts = plans.flatMap((made) => [
      ...made.steps.map(({ title }) => title),
      ...made.approval.warnings,
    ]);
    const used = new Set(texts.map(({ code }) => code));
    const titles = Object.keys(planMessages).filter((code) => /^(step|warning)-/.test(code));
    expect(titles.filter((code) => !used.has(code))).toEqual([]);
    for (const text of texts) expect(planText(text)).not.toMatch(/[{}]|undefined|null/);
    for (const made of plans)
      expect(approvalLines(made.approval).join('\n')).not.toMatch(/\{|undefined|null/);
  });

  it('show a code that is of tomorrow as it is', () => {
    expect(planText({ code: 'step-of-tomorrow', data: {} })).toBe('step-of-tomorrow');
  });

  it('hold every script byte for byte', () => {
    const made = plan();
    const document = planDocument(made);
    for (const { name, text } of Object.values(made.scripts))
      expect(document).toContain(`──── ${name} ────\n${text.trimEnd()}\n`);
  });

  it.each([
    [0, '0 s'],
    [0.2, '1 s'],
    [89, '89 s'],
    [90, '2 min'],
    [5341, '1 h 30 min'],
    [5340, '89 min'],
    [7200, '2 h 0 min'],
    [72_001, '20 h 1 min'],
  ])('say of %d seconds: %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });
});
