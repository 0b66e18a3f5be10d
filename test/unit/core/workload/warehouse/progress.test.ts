import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { feedProgress, warehouseProgress } from '../../../../../src/core/workload/warehouse/progress.ts';

const whole = readFileSync(
  new URL('../../../../fixtures/workload/warehouse-n2.txt', import.meta.url),
  'utf8',
);

test('nothing is known before the header', () => {
  expect(feedProgress(warehouseProgress(), 'JVM says hello\n')).toMatchObject({
    pointsDone: 0,
    pointsTotal: null,
    secondsLeft: null,
  });
});

test('points, throughput and the time that is left follow the output', () => {
  const until = whole.indexOf('\n', whole.indexOf('SAMPLE warehouses=2')) + 1;
  const middle = feedProgress(warehouseProgress(), whole.slice(0, until));
  expect(middle).toMatchObject({ pointsDone: 1, pointsTotal: 4, warehouses: 2, secondsLeft: 3 * 2.5 });
  expect(middle.throughput).toBe(Number(/SAMPLE warehouses=2 .*throughput=([\d.]+)/.exec(whole)?.[1]));
  expect(feedProgress(middle, whole.slice(until))).toMatchObject({ pointsDone: 4, secondsLeft: 0 });
});

test('it does not matter where the output is cut into pieces', () => {
  const atOnce = feedProgress(warehouseProgress(), whole);
  fc.assert(
    fc.property(fc.array(fc.nat(whole.length), { maxLength: 30 }), (cuts) => {
      const places = [0, ...cuts.toSorted((a, b) => a - b), whole.length];
      const pieces = places.slice(1).map((end, index) => whole.slice(places[index], end));
      expect(pieces.reduce(feedProgress, warehouseProgress())).toEqual(atOnce);
    }),
  );
});

test('a line without end does not fill the memory', () => {
  let state = warehouseProgress();
  for (let i = 0; i < 100; i++) state = feedProgress(state, 'x'.repeat(10_000));
  expect(state.rest.length).toBeLessThanOrEqual(64 * 1024);
});
