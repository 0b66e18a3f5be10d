import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dieAt, newEngine, type Engine, type Moment } from './engine.ts';
import { crashed, crashedLog, exited, good, goodLog } from './courses.ts';
import { TransportError } from '../../../src/remote/error.ts';
import { Crash, newWorld } from './world.ts';

/** One round, in which the host's first attempt fails and everything else goes well. */
function begin(): Promise<Engine> {
  const world = newWorld((job) => (/measure-host-trial-\d+-1$/.test(job) ? crashed : good));
  return newEngine(world, { tune: true });
}

/** Everything that must hold of the run's record and of the machines once it is complete, whatever happened before. */
async function expectWhole(engine: Engine): Promise<void> {
  const { world } = engine;
  const state = await engine.state();
  expect(state.status).toBe('completed');
  expect(
    state.trials.map(({ side, round, attempt, status }) => `${side} ${round}.${attempt} ${status}`),
  ).toEqual(['host 1.1 failed', 'host 1.2 ok', 'guest 1.1 ok']);
  expect([...state.steps.values()].every(({ status }) => status === 'done' || status === 'skipped')).toBe(
    true,
  );
  expect(state.report).toBe('report.html');

  // On the machines: each job once, one measured at a time, nothing left behind.
  expect(world.broken).toEqual([]);
  expect(world.starts).toEqual([...new Set(world.starts)]);
  expect(world.starts.filter((id) => id.includes('trial'))).toHaveLength(3);
  expect([...world.leases]).toEqual([]);
  expect([...state.leases]).toEqual([]);
  expect(Object.fromEntries(world.undo)).toEqual({
    'vm1 undo thp': 'as it was',
    'r1 undo-of-vm1 thp': 'as it was',
  });
  expect([...state.undo.keys()]).toEqual(['vm1 thp']);

  // In the journal: every attempt ends once. On the controller: every log is whole.
  const ends = (await engine.events()).flatMap((event) =>
    event.kind === 'trial-ended' || event.kind === 'step-ended' || event.kind === 'job-ended'
      ? [`${event.kind} ${event.step} ${event.attempt}`]
      : [],
  );
  expect(ends).toEqual([...new Set(ends)]);
  for (const { step, attempt, status } of state.trials)
    expect(await engine.log(step, attempt)).toBe(status === 'ok' ? goodLog : crashedLog);
}

/** Drives the run until the controller dies at a moment. */
async function die(engine: Engine, at: number): Promise<void> {
  dieAt(engine.world, ({ number }) => number === at);
  await expect(engine.drive()).rejects.toBeInstanceOf(Crash);
}

async function complete(engine: Engine): Promise<readonly Moment[]> {
  const { passed } = dieAt(engine.world, () => false);
  expect(await engine.drive()).toEqual({ status: 'completed' });
  return passed;
}

/** Which of many moments is a bad one: its label and what is wrong then. */
async function problemsAt(
  moments: readonly Moment[],
  attempt: (moment: Moment) => Promise<void>,
): Promise<readonly string[]> {
  const problems: string[] = [];
  for (const moment of moments) {
    await attempt(moment).catch((error: unknown) => {
      problems.push(`${moment.number} ${moment.label}: ${error instanceof Error ? error.message : ''}`);
    });
  }
  return problems;
}

/** A point of a run without the digits that every run has of its own. */
const plain = (text: string): string => text.replace(/-e-[0-9a-f]{4}-/, '-e-');

describe('A run whose controller dies', () => {
  it('is completed by one resumption, whatever the moment of its death', { timeout: 120_000 }, async () => {
    const reference = await begin();
    const moments = await complete(reference);
    await expectWhole(reference);
    expect(moments.length).toBeGreaterThan(100);
    const problems = await problemsAt(moments, async ({ number }) => {
      const engine = await begin();
      await die(engine, number);
      await complete(engine);
      await expectWhole(engine);
    });
    expect(problems).toEqual([]);
  });

  it('is completed when it dies over and over', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 6 }),
        async (deaths) => {
          const engine = await begin();
          for (const number of deaths) {
            dieAt(engine.world, (moment) => moment.number === number);
            await engine.drive().catch((error: unknown) => {
              expect(error).toBeInstanceOf(Crash);
            });
          }
          await complete(engine);
          await expectWhole(engine);
        },
      ),
      { numRuns: 15 },
    );
  });

  it(
    'while it cancels a trial has a cancelled trial, not a failed one, and repeats it',
    { timeout: 30_000 },
    async () => {
      for (const label of [/after cancel-requested/, /^cancel /, /middle of job-ended/, /after job-ended/]) {
        const world = newWorld((job) => (job.endsWith('-1') ? { log: 'begun\n', endless: true } : good));
        const engine = await newEngine(world, { retries: 0 });
        let begun = false;
        const { passed } = dieAt(world, (moment) => begun && label.test(moment.label));
        const point = world.onPoint;
        world.onPoint = async (at) => {
          await point(at);
          if (begun || !/^bytes of .*trial/.test(at)) return;
          begun = true;
          await engine.cancel();
        };
        await expect(engine.drive(), String(label)).rejects.toBeInstanceOf(Crash);
        expect(passed.at(-1)?.label).toMatch(label);
        // TERM was on its way: the workload ends while nobody looks.
        for (const { id, end } of world.jobs.values())
          if (end.state === 'absent') world.finish(id, exited('', 143));
        world.course = () => good;
        await complete(engine);
        const { trials } = await engine.state();
        expect(trials.map(({ side, attempt, status }) => `${side} ${attempt} ${status}`)).toEqual([
          'host 1 cancelled',
          'host 2 ok',
          'guest 1 ok',
        ]);
      }
    },
  );
});

describe('A run that loses a connection', () => {
  it('goes on by itself, whatever was under way, and does nothing twice', { timeout: 60_000 }, async () => {
    const reference = await begin();
    const moments = (await complete(reference)).filter(
      ({ label }) => !label.startsWith('after ') && !label.startsWith('in the middle'),
    );
    expect(moments.length).toBeGreaterThan(30);
    const problems = await problemsAt(moments, async ({ label }) => {
      const engine = await begin();
      let broken = 0;
      engine.world.onPoint = (point) => {
        if (plain(point) !== plain(label) || broken > 0) return;
        broken += 1;
        throw TransportError.of('connection-lost', { machine: 'r1' });
      };
      expect(await engine.drive()).toEqual({ status: 'completed' });
      expect(broken).toBe(1);
      await expectWhole(engine);
      expect((await engine.state()).disconnected.size).toBe(0);
    });
    expect(problems).toEqual([]);
  });
});
