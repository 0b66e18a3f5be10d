import type { WorkloadSettings } from '../inventory/inventory.ts';
import { feedProgress, warehouseProgress, type WarehouseProgress } from './warehouse/progress.ts';
import { warehouseReader } from './warehouse/read.ts';
import type { WorkloadReader } from './workload.ts';

/** What the rest of the product needs to know of a workload; adding one is adding a row to `workloads`. */
export type WorkloadAdapter = {
  /** Reads an output. Never a score for an unfinished or invalid execution. */
  readonly reader: () => WorkloadReader;
  /** Progress from output as it comes: a value, and what the next piece of output makes of it. */
  readonly progress: () => WarehouseProgress;
  readonly feed: (progress: WarehouseProgress, chunk: string) => WarehouseProgress;
};

export const workloads: Readonly<Record<WorkloadSettings['kind'], WorkloadAdapter>> = {
  warehouse: { reader: warehouseReader, progress: warehouseProgress, feed: feedProgress },
};
