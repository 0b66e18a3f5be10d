import type { ErrorData } from '../error.ts';
import type { WorkloadSettings } from '../inventory/inventory.ts';
import type { Script } from '../script/script.ts';

export const PLAN_FORMAT = 1;

/** The stages of the recipe that exist, in its order. */
export type StageId = 'probe' | 'measure-guest' | 'measure-host' | 'report';

export type Side = 'host' | 'guest';

/** One measured execution of the workload. `round` counts from 1. Attempts are counted when it runs. */
export type TrialId = { readonly side: Side; readonly round: number };

/** A text of the product: a code of `messages.ts` with its data. Localised where it is shown. */
export type Text = { readonly code: string; readonly data: ErrorData };

/** A parameter's value: known now, or produced by an earlier step (`output` of `step`). */
export type PlannedValue = string | number | boolean | { readonly step: string; readonly output: string };

export type PlannedCall = {
  /** Name in `Plan.scripts`. */
  readonly script: string;
  readonly parameters: Readonly<Record<string, PlannedValue>>;
  readonly as: 'login' | 'root';
};

export type Action =
  | {
      readonly kind: 'probe';
      readonly moment: 'before' | 'after';
      /** libvirt domain that a host is asked about. */
      readonly domain: string | null;
      /** Commands of the inventory that are recorded too. */
      readonly record: readonly string[];
      /** Names in `Plan.scripts` of what is asked. */
      readonly scripts: readonly string[];
    }
  | { readonly kind: 'upload'; readonly asset: AssetName; readonly output: string }
  | { readonly kind: 'script'; readonly call: PlannedCall }
  | {
      readonly kind: 'measure';
      readonly call: PlannedCall;
      readonly trial: TrialId;
      readonly workload: WorkloadSettings['kind'];
      /** Hash of the workload's configuration: the same on both sides, or they are not comparable. */
      readonly configHash: string;
      /** Host whose lease is held meanwhile: also for a guest, its host. */
      readonly lease: string;
    }
  | { readonly kind: 'report' };

/** Files that the product ships and uploads. */
export type AssetName = 'warehouse.jar' | 'Warehouse.java';

/** How to take a change back; registered in the journal and on the machine before the change is made. */
export type PlannedUndo = {
  /** What is changed: `thp`, `cpu:1`, `domain-xml:vm1`. One entry per machine and resource; the first original wins. */
  readonly resource: string;
  /** volatile: void after a reboot. */
  readonly lasts: 'volatile' | 'persistent';
  /** Prints the original state; its standard output becomes ORIGINAL of `call`. */
  readonly original: PlannedCall;
  /** Puts ORIGINAL back; harmless when run twice. */
  readonly call: PlannedCall;
};

/** One action on one machine. */
export type Step = {
  /** Unique in the run: `measure-host/trial-2`. Also names the log file and the job. */
  readonly id: string;
  readonly stage: StageId;
  readonly title: Text;
  /** Inventory name; `controller` for steps that touch no machine. */
  readonly machine: string;
  readonly action: Action;
  /** Exit 0: already so, the step is skipped. Measuring steps have none. */
  readonly check?: PlannedCall;
  readonly undo?: PlannedUndo;
  /** Run after the action; exit 0 = the effect is there. Its output says what was found and wanted. */
  readonly expect?: PlannedCall;
  /** Names that the action must have appended to $OUTPUTS. */
  readonly outputs?: readonly string[];
  /** Rough duration in seconds, for the estimate. */
  readonly seconds: number;
};

/** What the user must know and allow before anything happens. */
export type ApprovalNeeds = {
  readonly reboots: readonly string[];
  readonly domainsDown: readonly string[];
  readonly packages: readonly string[];
  /** `machine: user tty since` of everybody logged in on the machines. */
  readonly loggedIn: readonly string[];
  readonly seconds: number;
  /** What is odd already and will be in the report: findings of planning. */
  readonly warnings: readonly Text[];
};

/** The ordered steps of the chosen stages: a pure function of experiment and environments. */
export type Plan = {
  readonly format: 'kvm-parity-plan';
  readonly formatVersion: typeof PLAN_FORMAT;
  readonly experiment: string;
  readonly stages: readonly StageId[];
  /** Shortest settings, to prove the pipeline; results are labelled so. */
  readonly quick: boolean;
  /** Every script of the plan, byte for byte as it will run. */
  readonly scripts: Readonly<Record<string, Script>>;
  readonly steps: readonly Step[];
  /** Repeats of failed trials (the experiment's rule). */
  readonly retries: number;
  readonly approval: ApprovalNeeds;
};
