import type { WarehouseSettings } from '../../inventory/inventory.ts';
import { WorkloadError } from '../error.ts';
import { warehouseJavaSource } from './scripts.ts';

/** Starting the JVM, the work check; a rough value for the estimate. */
const startSeconds = 3;
/** Loading the data of one point and ending its threads. */
const pointSeconds = 0.1;

/** Expected duration in seconds with N = `warehouses`: 2N points. */
export function warehouseDuration(settings: WarehouseSettings, warehouses: number): number {
  return startSeconds + 2 * warehouses * (settings.rampSeconds + settings.measureSeconds + pointSeconds);
}

/** The shortest settings that still pass through everything: they prove the pipeline, not the machine. */
export function quickWarehouse(settings: WarehouseSettings): WarehouseSettings {
  return { ...settings, rampSeconds: 0.2, measureSeconds: 0.5 };
}

/**
 * Canonical text of everything that must be equal on both sides; the caller hashes it and passes the hash as
 * CONFIG_HASH. Two texts are equal only where program, N, times and JVM options (in their order) are.
 *
 * @throws WorkloadError where a setting cannot be passed to the program.
 */
export function settingsHashInput(settings: WarehouseSettings, warehouses: number): string {
  return [
    'workload=warehouse',
    `program=${JSON.stringify(warehouseJavaSource)}`,
    `warehouses=${count(warehouses)}`,
    `ramp-seconds=${seconds('rampSeconds', settings.rampSeconds)}`,
    `measure-seconds=${seconds('measureSeconds', settings.measureSeconds)}`,
    ...settings.java.map((option) => `java-option=${JSON.stringify(checkedOption(option))}`),
    '',
  ].join('\n');
}

function count(warehouses: number): number {
  if (!Number.isInteger(warehouses) || warehouses < 1 || warehouses > 99_999)
    throw new WorkloadError('warehouses-unusable', { value: warehouses });
  return warehouses;
}

/** Decimal text as the program takes it: no exponent, at most three decimals, which are not rounded in silence. */
function seconds(name: 'rampSeconds' | 'measureSeconds', value: number): string {
  const least = name === 'rampSeconds' ? 0 : 0.001;
  const text = value.toFixed(3).replace(/\.?0+$/, '');
  if (!(value >= least && value <= 999_999) || Number(text) !== value)
    throw new WorkloadError('seconds-unusable', { name, value, least });
  return text;
}

function checkedOption(option: string): string {
  if (/[\n\r\0]/.test(option))
    throw new WorkloadError('java-option-line', { option: JSON.stringify(option) });
  return option;
}
