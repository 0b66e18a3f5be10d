import type { WorkloadProgress } from '../workload.ts';
import { numberField, parseLine, type WarehouseLine } from './line.ts';
import { readHeader, readPoint, type Header } from './records.ts';

/** What was understood so far of a running program's output. A value: feeding returns a new one. */
export type WarehouseProgress = WorkloadProgress & {
  /** Expected seconds until the end, from the points that are left; null before the header. */
  readonly secondsLeft: number | null;
  readonly header: Header | null;
  /** The beginning of a line whose end has not come yet. */
  readonly rest: string;
};

/** No record is longer; a longer line without end is something else and is dropped. */
const longestLine = 64 * 1024;

/** Nothing seen yet. */
export function warehouseProgress(): WarehouseProgress {
  return {
    pointsDone: 0,
    pointsTotal: null,
    warehouses: null,
    throughput: null,
    secondsLeft: null,
    header: null,
    rest: '',
  };
}

/** Takes the next piece of output, cut anywhere. */
export function feedProgress(progress: WarehouseProgress, chunk: string): WarehouseProgress {
  const lines = (progress.rest + chunk).split('\n');
  const rest = lines.pop() ?? '';
  let state = progress;
  for (const line of lines) {
    const record = parseLine(line.trimEnd());
    if (record !== undefined && record !== 'damaged') state = take(state, record);
  }
  return { ...state, rest: rest.length > longestLine ? '' : rest };
}

function take(state: WarehouseProgress, record: WarehouseLine): WarehouseProgress {
  switch (record.kind) {
    case 'HEADER': {
      const header = readHeader(record);
      if (typeof header === 'string') return state;
      return withTimeLeft({ ...warehouseProgress(), header, pointsTotal: header.planned.length });
    }
    case 'POINT-BEGIN':
      return { ...state, warehouses: numberField(record, 'warehouses') ?? state.warehouses };
    case 'SAMPLE':
      return { ...state, throughput: numberField(record, 'throughput') ?? state.throughput };
    case 'POINT-RESULT': {
      const point = readPoint(record);
      if (typeof point === 'string') return state;
      const done = { ...state, pointsDone: state.pointsDone + 1, throughput: point.throughput };
      return withTimeLeft(done);
    }
    case 'RESULT':
    case 'NO-SCORE':
      return { ...state, secondsLeft: 0 };
    default:
      return state;
  }
}

function withTimeLeft(state: WarehouseProgress): WarehouseProgress {
  if (state.header === null) return state;
  const { planned, rampSeconds, measureSeconds } = state.header;
  const points = Math.max(0, planned.length - state.pointsDone);
  return { ...state, secondsLeft: points * (rampSeconds + measureSeconds) };
}
