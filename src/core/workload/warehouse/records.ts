import type { WorkloadProblem } from '../workload.ts';
import { numberField, numberListField, type WarehouseLine } from './line.ts';

export const warehouseMetric = 'warehouse ops/s';

/** What the program announced before it measured. Times in seconds. */
export type Header = {
  readonly warehouses: number;
  readonly planned: readonly number[];
  readonly rampSeconds: number;
  readonly measureSeconds: number;
};

export type PointRecord = {
  readonly warehouses: number;
  readonly throughput: number;
  readonly elapsedSeconds: number;
};

export type ResultRecord = { readonly score: number; readonly points: number; readonly averaged: number };

/** A record that was understood, or what is wrong with it. */
export type Read<T> = T | WorkloadProblem['code'];

/** Half a unit of the last printed decimal, and some for the arithmetic. */
const rounding = 0.0051;

export function readHeader(line: WarehouseLine): Read<Header> {
  const warehouses = numberField(line, 'warehouses');
  const planned = numberListField(line, 'points');
  const rampSeconds = numberField(line, 'ramp-seconds');
  const measureSeconds = numberField(line, 'measure-seconds');
  if (line.fields.get('format') !== '1' || planned === undefined || rampSeconds === undefined)
    return 'output-damaged';
  if (warehouses === undefined || !Number.isInteger(warehouses) || warehouses < 1) return 'output-damaged';
  if (measureSeconds === undefined || measureSeconds <= 0) return 'output-damaged';
  return { warehouses, planned, rampSeconds, measureSeconds };
}

/** Whether the score's mean includes a point: N … 2N, as SPECjbb2005 averages. */
export function isAveraged(header: Header, warehouses: number): boolean {
  return warehouses >= header.warehouses && warehouses <= 2 * header.warehouses;
}

/** A point, with its printed throughput checked against operations and time. */
export function readPoint(line: WarehouseLine): Read<PointRecord> {
  const [warehouses, operations, elapsed, throughput, least, most] = [
    'warehouses',
    'operations',
    'elapsed-ns',
    'throughput',
    'thread-min',
    'thread-max',
  ].map((key) => numberField(line, key));
  if (warehouses === undefined || operations === undefined || elapsed === undefined) return 'output-damaged';
  if (throughput === undefined || least === undefined || most === undefined) return 'output-damaged';
  if (elapsed === 0 || line.words.join() !== 'end') return 'output-damaged';
  if (Math.abs((operations * 1e9) / elapsed - throughput) > rounding) return 'score-mismatch';
  if (least * warehouses > operations || most * warehouses < operations) return 'score-mismatch';
  return { warehouses, throughput, elapsedSeconds: elapsed / 1e9 };
}

export function readResult(line: WarehouseLine): Read<ResultRecord> {
  const score = numberField(line, 'score');
  const points = numberField(line, 'points');
  const averaged = numberField(line, 'averaged');
  if (score === undefined || points === undefined || averaged === undefined) return 'output-damaged';
  if (line.fields.get('metric') !== warehouseMetric || line.words.join() !== 'end') return 'output-damaged';
  return { score, points, averaged };
}

/** Whether the printed score is the mean of the averaged points' throughput. */
export function scoreFits(score: number, throughputs: readonly number[]): boolean {
  const mean = throughputs.reduce((sum, value) => sum + value, 0) / throughputs.length;
  return Math.abs(mean - score) <= 2 * rounding;
}
