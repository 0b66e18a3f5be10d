import { expect, test } from 'vitest';
import type { WarehouseSettings } from '../../../../../src/core/inventory/inventory.ts';
import { payload } from '../../../../../src/core/script/script.ts';
import { runWarehouse } from '../../../../../src/core/workload/warehouse/scripts.ts';
import {
  quickWarehouse,
  settingsHashInput,
  warehouseDuration,
} from '../../../../../src/core/workload/warehouse/settings.ts';

const settings: WarehouseSettings = {
  warehouses: 'auto',
  rampSeconds: 30,
  measureSeconds: 240,
  java: ['-Xms1g', '-Xmx1g'],
};

test('the duration is that of 2N points and a little more', () => {
  const points = 8 * 270;
  expect(warehouseDuration(settings, 4)).toBeGreaterThan(points);
  expect(warehouseDuration(settings, 4)).toBeLessThan(points + 10);
});

test('a quick run changes the times and nothing else', () => {
  expect(quickWarehouse(settings)).toEqual({ ...settings, rampSeconds: 0.2, measureSeconds: 0.5 });
});

test('the hash input differs wherever program settings differ', () => {
  const variants: readonly (readonly [WarehouseSettings, number])[] = [
    [settings, 4],
    [settings, 5],
    [{ ...settings, rampSeconds: 31 }, 4],
    [{ ...settings, measureSeconds: 0.5 }, 4],
    [{ ...settings, java: ['-Xmx1g', '-Xms1g'] }, 4],
    [{ ...settings, java: ['-Xms1g -Xmx1g'] }, 4],
    [{ ...settings, java: [] }, 4],
  ];
  expect(new Set(variants.map(([variant, n]) => settingsHashInput(variant, n))).size).toBe(variants.length);
  expect(settingsHashInput({ ...settings, warehouses: 4 }, 4)).toBe(settingsHashInput(settings, 4));
});

test('times are written without exponent and never rounded in silence', () => {
  expect(settingsHashInput({ ...settings, measureSeconds: 100 }, 1)).toContain('\nmeasure-seconds=100\n');
  for (const measureSeconds of [0, -1, Number.NaN, Infinity, 0.0001, 1e6, 0.1234])
    expect(() => settingsHashInput({ ...settings, measureSeconds }, 1)).toThrow('seconds-unusable');
  expect(() => settingsHashInput({ ...settings, rampSeconds: 0 }, 1)).not.toThrow();
});

test('a Java option that would become two is refused', () => {
  expect(() => settingsHashInput({ ...settings, java: ['-Xms1g\n-Xmx1g'] }, 1)).toThrow('java-option-line');
});

test('a number of warehouses that the program does not take is refused', () => {
  for (const n of [0, -1, 1.5, 100_000, Number.NaN])
    expect(() => settingsHashInput(settings, n)).toThrow('warehouses-unusable');
});

test('the script takes exactly the values that it declares', () => {
  const values = {
    JAVA: 'java',
    JAVA_OPTIONS: '-Xms1g\n-Xmx1g',
    CLASSPATH_ENTRY: '/x',
    WAREHOUSES: 4,
    RAMP_SECONDS: '30',
    MEASURE_SECONDS: '240',
    CONFIG_HASH: 'abc',
  };
  expect(payload(runWarehouse, values)).toContain(runWarehouse.text);
  for (const name of Object.keys(values))
    expect(runWarehouse.text).toContain(`"$${name}"`.replace('"$JAVA_OPTIONS"', '$JAVA_OPTIONS'));
});
