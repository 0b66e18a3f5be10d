import type { WorkloadPoint, WorkloadProblem, WorkloadReader, WorkloadResult } from '../workload.ts';
import { parseLine, type WarehouseLine } from './line.ts';
import {
  isAveraged,
  readHeader,
  readPoint,
  readResult,
  scoreFits,
  warehouseMetric,
  type Header,
  type PointRecord,
  type ResultRecord,
} from './records.ts';

/** Stands beside every number of this workload. */
export const warehouseLabel =
  'Internal measurement with the workload "warehouse" of KVM Parity; not a SPECjbb result and not comparable with one';

/** What `Warehouse.java` prints for its fixed work on every correct Java machine. */
const expectedWork = { transactions: '20000', checksum: 'cd75a6aa85fad1c6' };

/** Share of the asked time by which a measured point may be off: the bound of SPECjbb2005 (115 %). */
const timeTolerance = 0.15;

const smells: readonly (readonly [WorkloadProblem['code'], RegExp])[] = [
  ['out-of-memory', /OutOfMemoryError|There is insufficient memory for the Java Runtime/],
  ['thread-died', /Exception in thread /],
  [
    'jvm-crashed',
    /^#\s*(?:A fatal error has been detected|(?:SIG[A-Z]+|Internal Error|Out of Memory Error)\b)/,
  ],
];

type Seen = {
  header?: Header;
  points: PointRecord[];
  result?: ResultRecord;
  /** The program came to its end, with or without a score. */
  ended: boolean;
  problems: WorkloadProblem[];
  properties: Map<string, string>;
  /** The last line that is not blank. */
  lastLine: string;
};

/** No record is longer; of a longer line only the beginning is looked at. */
const longestLine = 64 * 1024;

/** Reads what the program printed as it comes, in pieces cut anywhere: a day of output need not fit into memory. */
export function warehouseReader(): WorkloadReader {
  const seen: Seen = { points: [], ended: false, problems: [], properties: new Map(), lastLine: '' };
  let rest = '';
  return {
    take(text) {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(0, longestLine);
      for (const line of lines) takeLine(seen, line.endsWith('\r') ? line.slice(0, -1) : line);
    },
    end(exitStatus) {
      if (rest.startsWith('warehouse: ')) add(seen, 'output-damaged', `cut off: ${rest}`);
      checkWhole(seen);
      checkExit(seen, exitStatus);
      return resultOf(seen);
    },
  };
}

/**
 * Reads all that the program printed, standard output and error in one text or only the first.
 * `exitStatus` null: not known. Damaged, unfinished or invalid output never gives a score; nothing throws.
 */
export function readWarehouse(output: string, exitStatus: number | null): WorkloadResult {
  const reader = warehouseReader();
  reader.take(output);
  return reader.end(exitStatus);
}

function resultOf(seen: Seen): WorkloadResult {
  const invalid = seen.problems.some(({ code }) => code !== 'time-deviates' && code !== 'no-score');
  const complete = seen.ended && seen.header !== undefined;
  const refused = invalid || seen.problems.some(({ code }) => code === 'no-score');
  return {
    workload: 'warehouse',
    label: warehouseLabel,
    metric: warehouseMetric,
    state: complete ? 'complete' : seen.points.length > 0 ? 'partial' : 'aborted',
    valid: complete ? !refused : invalid ? false : null,
    score: complete && !refused ? (seen.result?.score ?? null) : null,
    points: seen.points.map((point) => toPoint(point, seen.header)),
    problems: seen.problems,
    properties: Object.fromEntries(seen.properties),
  };
}

function toPoint({ warehouses, throughput }: PointRecord, header: Header | undefined): WorkloadPoint {
  return { warehouses, throughput, averaged: header !== undefined && isAveraged(header, warehouses) };
}

function takeLine(seen: Seen, line: string): void {
  if (line.trim() !== '') seen.lastLine = line;
  const smell = smells.find(([, pattern]) => pattern.test(line));
  if (smell !== undefined) add(seen, smell[0], line);
  const record = parseLine(line);
  if (record === undefined) return;
  if (record === 'damaged') add(seen, 'output-damaged', line);
  else if (seen.ended) add(seen, 'output-damaged', `after the end of the run: ${line}`);
  else takers[record.kind]?.(seen, record, line);
}

const takers: Readonly<Record<string, (seen: Seen, record: WarehouseLine, line: string) => void>> = {
  HEADER(seen, record, line) {
    const header = readHeader(record);
    if (typeof header === 'string' || seen.header !== undefined) {
      add(seen, 'output-damaged', line);
      return;
    }
    seen.header = header;
    for (const [key, value] of record.fields) seen.properties.set(key, value);
  },
  WORK(seen, record, line) {
    const checksum = record.fields.get('checksum') ?? '';
    seen.properties.set('work-checksum', checksum);
    if (checksum !== expectedWork.checksum || record.fields.get('transactions') !== expectedWork.transactions)
      add(seen, 'work-differs', line);
  },
  'POINT-RESULT'(seen, record, line) {
    const point = readPoint(record);
    if (typeof point === 'string') {
      add(seen, point, line);
      return;
    }
    const planned = seen.header?.planned[seen.points.length];
    if (planned !== point.warehouses)
      add(seen, 'output-damaged', `a point of ${planned ?? 'no'} warehouses was due: ${line}`);
    const asked = seen.header?.measureSeconds ?? point.elapsedSeconds;
    if (Math.abs(point.elapsedSeconds / asked - 1) > timeTolerance)
      add(seen, 'time-deviates', `${asked} s were asked for: ${line}`);
    seen.points.push(point);
  },
  INVALID(seen, record, line) {
    add(seen, record.words[0] === 'out-of-memory' ? 'out-of-memory' : 'thread-died', line);
  },
  RESULT(seen, record, line) {
    seen.ended = true;
    const result = readResult(record);
    if (typeof result === 'string') add(seen, result, line);
    else seen.result = result;
  },
  'NO-SCORE'(seen, _record, line) {
    seen.ended = true;
    add(seen, 'no-score', line);
  },
};

/** Everything that a run must have printed by its end, and whether it fits together. */
function checkWhole(seen: Seen): void {
  const { header, result, points } = seen;
  if (!seen.ended) return;
  if (header === undefined) {
    add(seen, 'output-damaged', 'the header line is missing');
    return;
  }
  if (!seen.properties.has('work-checksum')) add(seen, 'output-damaged', 'the work check is missing');
  const measured = new Set(points.map(({ warehouses }) => warehouses));
  const window = Array.from({ length: header.warehouses + 1 }, (_, index) => header.warehouses + index);
  const missing = [...new Set([...header.planned, ...window])].filter((point) => !measured.has(point));
  if (missing.length > 0) add(seen, 'point-missing', `no result for ${missing.join(', ')} warehouses`);
  if (result === undefined) return;
  const averaged = points.filter(({ warehouses }) => isAveraged(header, warehouses));
  const throughputs = averaged.map(({ throughput }) => throughput);
  if (result.points !== points.length || result.averaged !== averaged.length)
    add(seen, 'score-mismatch', `the score counts ${result.points} points, ${points.length} were found`);
  else if (!scoreFits(result.score, throughputs))
    add(seen, 'score-mismatch', `score ${result.score} is not the mean of ${throughputs.join(', ')}`);
}

function checkExit(seen: Seen, exitStatus: number | null): void {
  // 134 and the like: 128 + the signals that a crashing JVM ends by (ILL, ABRT, BUS, FPE, SEGV).
  const crashed = exitStatus !== null && [132, 134, 135, 136, 139].includes(exitStatus);
  if (crashed) add(seen, 'jvm-crashed', `exit status ${exitStatus}`);
  else if (seen.result !== undefined && exitStatus !== null && exitStatus !== 0)
    add(seen, 'no-score', `the program ended with exit status ${exitStatus} although it printed a score`);
  if (seen.ended) return;
  const last = seen.lastLine || 'nothing';
  const status = exitStatus === null ? '' : `exit status ${exitStatus}; `;
  add(seen, 'no-score', `the run did not come to its end; ${status}last line: ${last}`);
}

/** At most three of a kind: a crash in a hundred threads is one problem. */
function add(seen: Seen, code: WorkloadProblem['code'], evidence: string): void {
  if (seen.problems.filter((problem) => problem.code === code).length >= 3) return;
  // What a damaged log holds must not reach a terminal.
  const clean = evidence.slice(0, 300).replace(/\p{Cc}/gu, '?');
  seen.problems.push({ code, evidence: clean });
}
