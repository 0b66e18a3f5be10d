import { describe, expect, it } from 'vitest';
import { describeFailure } from '../../../src/run/describe.ts';
import type { RunEvent } from '../../../src/run/events.ts';
import { newEngine, type Engine } from './engine.ts';
import { crashed, exited, good, goodLog } from './courses.ts';
import { newWorld, type Course, type World } from './world.ts';

/** The host's first attempt takes `course`, everything else goes well. */
function worldOf(course: Course): World {
  return newWorld((job) => (job.endsWith('measure-host-trial-1-1') ? course : good));
}

async function trialsOf(engine: Engine): Promise<readonly string[]> {
  return (await engine.state()).trials.map(({ side, attempt, status, failure }) =>
    `${side} ${attempt} ${status} ${failure?.reason ?? ''}`.trimEnd(),
  );
}

const cut = goodLog.slice(0, goodLog.indexOf('warehouse: RESULT'));
const threadDied = `Exception in thread "w-1" java.lang.RuntimeException: boom\n${goodLog}`;
const damagedScore = goodLog.replace('score=1727565.27', 'score=9727565.27');
const lost = (because: 'reboot' | 'killed'): Course => ({
  log: 'begun\n',
  end: { state: 'lost', because, logBytes: 6 },
});

describe('A trial that is a failure of the workload', () => {
  it.each([
    ['ended with an error', exited(cut, 1), 'failed action-failed'],
    ['was ended by a signal', crashed, 'failed action-failed'],
    ['printed a score and ended with an error', exited(goodLog, 1), 'invalid trial-invalid'],
    ['ended well without a score', exited(cut, 0), 'failed trial-without-score'],
    ['printed nothing', exited('', 0), 'failed trial-without-score'],
    ['ended well though a thread died', exited(threadDied, 0), 'invalid trial-invalid'],
    ['printed a score that does not fit its points', exited(damagedScore, 0), 'invalid trial-invalid'],
    ['vanished', lost('killed'), 'lost job-killed'],
  ] as const)('because it %s is on record and repeated by the rule', async (_why, course, outcome) => {
    const engine = await newEngine(worldOf(course), { retries: 1 });
    expect(await engine.drive()).toEqual({ status: 'completed' });
    expect(await trialsOf(engine)).toEqual([`host 1 ${outcome}`, 'host 2 ok', 'guest 1 ok']);
    const { trials } = await engine.state();
    expect(trials[0]?.result?.score ?? null).toBeNull();
    expect(describeFailure(trials[0]!.failure!)).not.toMatch(/\{\w+\}/);
  });

  it('is repeated as often as the rule says, and then the run goes on', async () => {
    const world = newWorld((job) => (job.includes('measure-host') ? crashed : good));
    const engine = await newEngine(world, { retries: 2 });
    expect(await engine.drive()).toEqual({ status: 'completed' });
    expect(await trialsOf(engine)).toEqual([
      'host 1 failed action-failed',
      'host 2 failed action-failed',
      'host 3 failed action-failed',
      'guest 1 ok',
    ]);
    await engine.drive();
    expect(await trialsOf(engine)).toHaveLength(4);
  });

  it('that vanished without repeats left stays so, and the run goes on', async () => {
    const engine = await newEngine(worldOf(lost('killed')), { retries: 0 });
    expect(await engine.drive()).toEqual({ status: 'completed' });
    expect(await trialsOf(engine)).toEqual(['host 1 lost job-killed', 'guest 1 ok']);
  });
});

describe('A trial that its machine spoiled', () => {
  it.each([
    ['a reboot', lost('reboot'), 'lost lost-by-reboot', 'lost-by-reboot'],
    ['a full disk', exited(cut, 1, 0), 'failed disk-full', 'disk-full'],
    [
      'a disk that was full when the workload ended well',
      exited(goodLog, 0, 0),
      'failed disk-full',
      'disk-full',
    ],
  ] as const)('by %s stops the run; resumed, it is measured again', async (_why, course, outcome, reason) => {
    const engine = await newEngine(worldOf(course), { retries: 3 });
    expect(await engine.drive()).toMatchObject({ status: 'failed', failure: { reason } });
    expect(await trialsOf(engine)).toEqual([`host 1 ${outcome}`]);
    expect(engine.world.leases.size).toBe(0);
    expect(describeFailure((await engine.state()).failure!)).not.toMatch(/\{\w+\}/);
    expect(await engine.drive()).toEqual({ status: 'completed' });
    expect(await trialsOf(engine)).toEqual([`host 1 ${outcome}`, 'host 2 ok', 'guest 1 ok']);
  });
});

describe('A run that is told to stop', () => {
  const running: Course = { log: 'begun\n', endless: true };

  /** Waits for `wish` at the first point of that label. */
  function once(world: World, label: RegExp, wish: () => void | Promise<void>): void {
    let done = false;
    world.onPoint = async (point) => {
      if (done || !label.test(point)) return;
      done = true;
      await wish();
    };
  }
  const firstBytes = /^bytes of .*measure-host-trial/;

  it('ends its trial when cancelled, gives the host back, and repeats the trial when resumed', async () => {
    const engine = await newEngine(worldOf(running), { retries: 0 });
    once(engine.world, firstBytes, () => engine.cancel());
    expect(await engine.drive()).toMatchObject({ status: 'cancelled' });
    expect(await trialsOf(engine)).toEqual(['host 1 cancelled cancelled']);
    expect(engine.world.leases.size).toBe(0);
    expect([...engine.world.jobs.values()].every(({ over }) => over)).toBe(true);
    expect(await engine.drive()).toEqual({ status: 'completed' });
    expect(await trialsOf(engine)).toEqual(['host 1 cancelled cancelled', 'host 2 ok', 'guest 1 ok']);
  });

  it('gives the host back when it is cancelled before the workload starts', async () => {
    const engine = await newEngine(worldOf(good));
    once(engine.world, /^lease\/acquire/, () => engine.cancel());
    expect(await engine.drive()).toMatchObject({ status: 'cancelled' });
    expect(await trialsOf(engine)).toEqual([]);
    expect(engine.world.starts.filter((id) => id.includes('trial'))).toEqual([]);
    expect(engine.world.leases.size).toBe(0);
    expect((await engine.state()).leases.size).toBe(0);
  });

  it('keeps its trial as good when the workload ended well all the same', async () => {
    const engine = await newEngine(worldOf(good));
    once(engine.world, /^end of .*measure-host-trial/, () => engine.cancel());
    expect(await engine.drive()).toEqual({ status: 'cancelled' });
    expect(await trialsOf(engine)).toEqual(['host 1 ok']);
  });

  it('leaves the workload alone when it is detached, and takes it up when resumed', async () => {
    const engine = await newEngine(worldOf(running));
    const detach = new AbortController();
    once(engine.world, firstBytes, () => {
      detach.abort();
    });
    expect(await engine.drive(detach.signal)).toEqual({ status: 'detached' });
    expect(await trialsOf(engine)).toEqual([]);
    expect(engine.world.leases.size).toBe(1);
    const job = [...engine.world.jobs.values()].find(({ over }) => !over)!;
    engine.world.finish(job.id, good);
    expect(await engine.drive()).toEqual({ status: 'completed' });
    expect(await trialsOf(engine)).toEqual(['host 1 ok', 'guest 1 ok']);
    expect(engine.world.starts.filter((id) => id === job.id)).toHaveLength(1);
  });
});

describe('A host that another run holds', () => {
  async function driveWith(answer: boolean | null): Promise<Engine> {
    const engine = await newEngine(worldOf(good));
    engine.world.leases.set('r1', 'somebody-elses-run');
    const questions: unknown[] = [];
    engine.world.onPoint = async (label) => {
      if (label !== 'lease/acquire on r1' || questions.length > 0) return;
      await engine.join((question) => {
        questions.push(question);
        return Promise.resolve(answer);
      });
    };
    await engine.drive();
    expect(questions).toEqual([
      {
        kind: 'lease',
        machine: 'r1',
        run: 'somebody-elses-run',
        boot: 'same',
        job: 'unknown',
        owner: 'somebody@elsewhere',
      },
    ]);
    return engine;
  }

  it.each([false, null])('stops the run where the answer is %s, and nothing is measured', async (answer) => {
    const engine = await driveWith(answer);
    const state = await engine.state();
    expect(state).toMatchObject({ status: 'failed', failure: { reason: 'lease-held' }, trials: [] });
    expect(describeFailure(state.failure!)).not.toMatch(/\{\w+\}/);
    expect([...engine.world.leases]).toEqual([['r1', 'somebody-elses-run']]);
  });

  it('is taken over where the answer is yes', async () => {
    const engine = await driveWith(true);
    expect((await engine.state()).status).toBe('completed');
    expect(engine.world.leases.size).toBe(0);
  });
});

describe('The journal of a run', () => {
  it('tells its story in order', async () => {
    const engine = await newEngine(worldOf(crashed), { tune: true });
    await engine.drive();
    await expect(`${(await engine.events()).map(storyLine).join('\n')}\n`).toMatchFileSnapshot(
      '../../fixtures/run/story.txt',
    );
  });
});

function storyLine(event: RunEvent): string {
  const { kind } = event;
  const words = Object.entries(event).flatMap(([name, value]) =>
    ['step', 'attempt', 'status', 'host', 'machine', 'resource', 'moment', 'side', 'round'].includes(name) &&
    kind !== 'runner-started'
      ? [String(value)]
      : [],
  );
  return [kind, ...words].join(' ');
}
