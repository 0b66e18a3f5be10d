import { readFileSync } from 'node:fs';
import { readWarehouse } from '../../src/core/workload/warehouse/read.ts';
import type { WorkloadResult } from '../../src/core/workload/workload.ts';

/** What the bundled workload printed in a real run of four points. */
export const sampleOutput = readFileSync('test/fixtures/workload/warehouse-n2.txt', 'utf8');

export const sampleResult: WorkloadResult = readWarehouse(sampleOutput, 0);
