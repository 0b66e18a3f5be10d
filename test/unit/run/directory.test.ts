import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../../src/core/recipe/plan.ts';
import {
  addSegment,
  createRun,
  findRun,
  listRuns,
  logFile,
  readDescription,
  readSegments,
  type RunPaths,
} from '../../../src/run/directory.ts';
import { fileName, readFormat } from '../../../src/run/files.ts';
import { scratch } from './scratch.ts';

const what = {
  experiment: 'overhead-5.3',
  createdAt: '2026-02-03T04:05:06.789Z',
  product: '0.1.0',
  inventory: { version: 1, hosts: {}, experiments: {} },
  sshConfig: null,
} as const;

const segment = { approvedAt: what.createdAt, approvedBy: 'ada' } as const;
const plan = (formatVersion = 1): Plan => ({ format: 'kvm-parity-plan', formatVersion }) as unknown as Plan;

describe('A new run', () => {
  it('has a directory that tells when and what, closed to others', async () => {
    const root = await scratch();
    const paths = await createRun(root, what);
    const run = basename(paths.directory);
    expect(run).toMatch(/^20260203-040506-overhead-5\.3-[0-9a-f]{4}$/);
    expect(paths.directory).toBe(join(root, '.kvm-parity/runs', run));
    expect((await stat(paths.directory)).mode & 0o777).toBe(0o700);
    expect(await readDescription(paths)).toEqual({
      format: 'kvm-parity-run',
      formatVersion: 1,
      run,
      ...what,
    });
    expect((await readdir(paths.directory)).sort()).toEqual(['environments', 'logs', 'run.json', 'segments']);
  });

  it('gets a name of its own, also where many are created at once', async () => {
    const root = await scratch();
    const runs = await Promise.all(Array.from({ length: 5 }, () => createRun(root, what)));
    expect(new Set(runs.map(({ directory }) => directory)).size).toBe(5);
    expect(await listRuns(root)).toHaveLength(5);
    for (const paths of runs) expect(paths.directory).toContain((await readDescription(paths)).run);
  });

  it('stays in its place, whatever its experiment is called', async () => {
    const root = await scratch();
    const { directory } = await createRun(root, { ...what, experiment: '../../../etc/x y' });
    expect(dirname(directory)).toBe(join(root, '.kvm-parity/runs'));
    expect(basename(directory)).toMatch(/^20260203-040506-\.\.-\.\.-\.\.-etc-x-y-[0-9a-f]{4}$/);
  });

  it('is there with its first plan, or not at all', async () => {
    const root = await scratch();
    const first = { ...segment, plan: plan() };
    expect(await readSegments(await createRun(root, what, first))).toMatchObject([{ ...first, segment: 1 }]);
    // A BigInt cannot be written as JSON: the disk could be full as well.
    const broken = { ...segment, plan: { formatVersion: 1n } as unknown as Plan };
    await expect(createRun(root, what, broken)).rejects.toThrow(TypeError);
    expect(await readdir(join(root, '.kvm-parity/runs'))).toHaveLength(1);
  });
});

describe('A run that is looked for', () => {
  async function three(): Promise<{ readonly root: string; readonly runs: readonly RunPaths[] }> {
    const root = await scratch();
    const runs: RunPaths[] = [];
    for (const [hour, experiment] of [
      ['04', 'base'],
      ['05', 'tuned'],
      ['06', 'base'],
    ] as const)
      runs.push(await createRun(root, { ...what, experiment, createdAt: `2026-02-03T${hour}:00:00.000Z` }));
    return { root, runs };
  }

  it.each([
    ['the end of its name', 'tuned', 1],
    ['a longer end', '060000-base', 2],
    ['any part that no other has', '-0500', 1],
    ['latest', 'latest', 2],
  ] as const)('is found by %s', async (_by, wanted, index) => {
    const { root, runs } = await three();
    expect(await findRun(root, wanted)).toEqual(runs[index]);
  });

  it('is found by its id, and by its random digits', async () => {
    const { root, runs } = await three();
    const id = basename(runs[1]!.directory);
    expect(await findRun(root, id)).toEqual(runs[1]);
    expect(await findRun(root, id.slice(-9))).toEqual(runs[1]);
  });

  it('is found by the end of its name where another has that in the middle', async () => {
    const { root, runs } = await three();
    await createRun(root, { ...what, experiment: 'tuned-twice' });
    expect(await findRun(root, 'tuned')).toEqual(runs[1]);
  });

  it('is the latest also where something newer was never finished, or is no run', async () => {
    const { root, runs } = await three();
    await mkdir(join(root, '.kvm-parity/runs/.20260204-000000-base-0000'));
    await mkdir(join(root, '.kvm-parity/runs/20260204-000000-base-0000'));
    expect(await findRun(root, 'latest')).toEqual(runs[2]);
  });

  it('is found by its path, from anywhere', async () => {
    const { runs } = await three();
    expect(await findRun(await scratch(), runs[0]!.directory)).toEqual(runs[0]);
  });

  it.each([
    ['is ambiguous', 'base', 2],
    ['does not exist', 'nothing', 0],
    ['is empty', '', 0],
  ])(
    'is not found where what is wanted %s, and it says how many there are',
    async (_what, wanted, matches) => {
      const { root } = await three();
      await expect(findRun(root, wanted)).rejects.toMatchObject({
        reason: 'run-not-found',
        data: { run: wanted, matches },
      });
    },
  );

  it('is found by its whole id where that is also the end of another', async () => {
    const root = await scratch();
    const paths = await createRun(root, what);
    const id = basename(paths.directory);
    await mkdir(join(root, '.kvm-parity/runs', `9-${id}`));
    expect(await findRun(root, id)).toEqual(paths);
  });

  it('is not found where there are no runs at all', async () => {
    const root = await scratch();
    expect(await listRuns(root)).toEqual([]);
    await expect(findRun(root, 'latest')).rejects.toMatchObject({
      reason: 'run-not-found',
      data: { matches: 0 },
    });
  });

  it.each([
    ['damaged', '{"format":', 'run-damaged'],
    ['of another kind', '{"format":"something"}', 'run-damaged'],
    ['no object', 'null', 'run-damaged'],
    ['without a version', '{"format":"kvm-parity-run"}', 'run-damaged'],
    ['of a newer version', '{"format":"kvm-parity-run","formatVersion":2}', 'format-newer'],
  ])('is refused where its description is %s, by file', async (_what, text, reason) => {
    const root = await scratch();
    const { description } = await createRun(root, what);
    await writeFile(description, text);
    await expect(findRun(root, 'latest')).rejects.toMatchObject({ reason, data: { file: description } });
  });
});

describe('The segments of a run', () => {
  it('are read in their order, also when there are more than nine', async () => {
    const paths = await createRun(await scratch(), what);
    const numbers = Array.from({ length: 11 }, (_, index) => index + 1);
    for (const number of numbers.toReversed())
      await addSegment(paths, { ...segment, segment: number, plan: plan() });
    await writeFile(join(paths.segments, '012.json.77.part'), 'half of a segm');
    expect((await readSegments(paths)).map(({ segment: number }) => number)).toEqual(numbers);
  });

  it('are refused where a newer version planned them', async () => {
    const paths = await createRun(await scratch(), what);
    await addSegment(paths, { ...segment, segment: 1, plan: plan(2) });
    await expect(readSegments(paths)).rejects.toMatchObject({
      reason: 'format-newer',
      data: { file: join(paths.segments, '001.json'), found: 2, known: 1 },
    });
  });

  it('are refused where one holds no plan', async () => {
    const paths = await createRun(await scratch(), what);
    const file = join(paths.segments, '001.json');
    await writeFile(file, '{"format":"kvm-parity-segment","formatVersion":1,"segment":1}');
    await expect(readSegments(paths)).rejects.toMatchObject({ reason: 'run-damaged', data: { file } });
  });
});

describe('A file of ours', () => {
  it('that is absent says which, with everything that its message names', async () => {
    const file = join(await scratch(), 'run.json');
    await expect(readFormat(file, 'kvm-parity-run', 1)).rejects.toMatchObject({
      reason: 'run-not-found',
      data: { run: file, matches: 0 },
    });
  });

  it('that cannot be read is not taken for an absent one', async () => {
    const directory = await scratch();
    await expect(readFormat(directory, 'kvm-parity-run', 1)).rejects.toMatchObject({
      reason: 'run-damaged',
      data: { file: directory },
    });
  });
});

describe('The name of a file', () => {
  it('is one path component that is not hidden in its directory, whatever it is made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const name = fileName(text);
        expect(name).toMatch(/^[A-Za-z0-9._-]+$/);
        expect(name).not.toMatch(/^\.+$/);
      }),
    );
    expect(['..', '.', '', '/', 'a/../b', '../../x'].map(fileName)).toEqual([
      'unnamed',
      'unnamed',
      'unnamed',
      '-',
      'a-..-b',
      '..-..-x',
    ]);
  });

  it('keeps the id of a step as it is', async () => {
    const paths = await createRun(await scratch(), what);
    const file = logFile(paths, '1.07-measure-host-trial-1', 2);
    expect(file).toBe(join(paths.logs, '1.07-measure-host-trial-1.2.log'));
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
