import type { WarehouseSettings } from '../../inventory/inventory.ts';
import type { Script } from '../../script/script.ts';
import { checkWarehouse, compileWarehouse, runWarehouse } from '../../workload/warehouse/scripts.ts';
import { quickWarehouse, settingsHashInput, warehouseDuration } from '../../workload/warehouse/settings.ts';
import type { PlannedCall, PlannedValue, Side } from '../plan.ts';
import { PlanError, type PlanContext, type StepDraft } from '../stage.ts';

export const warehouseScripts: readonly Script[] = [checkWarehouse, compileWarehouse, runWarehouse];

/**
 * Both sides run the same bits: the compiled class of our own build, unless both have a compiler, so that a
 * JDK on one side alone makes no difference.
 */
function compiles({ machines: { host, guest } }: PlanContext): boolean {
  return host.javac !== null && guest.javac !== null;
}

/** Brings the workload to a machine; nothing is sent or compiled twice. @throws PlanError `java-missing`. */
export function prepareWarehouse(context: PlanContext, side: Side): readonly StepDraft[] {
  const { machine, java, javac } = context.machines[side];
  if (java === null) throw new PlanError('java-missing', { machine });
  const asset = compiles(context) ? 'Warehouse.java' : 'warehouse.jar';
  const upload: StepDraft = {
    key: `measure-${side}-upload`,
    title: { code: 'step-upload', data: { machine, file: asset } },
    machine,
    action: { kind: 'upload', asset, output: 'FILE' },
    seconds: 1,
  };
  if (!compiles(context) || javac === null) return [upload];
  const source: PlannedValue = { step: upload.key, output: 'FILE' };
  const call = (script: Script, parameters: PlannedCall['parameters']): PlannedCall => ({
    script: script.name,
    parameters,
    as: 'login',
  });
  return [
    upload,
    {
      key: `measure-${side}-compile`,
      title: { code: 'step-compile', data: { machine } },
      machine,
      check: call(checkWarehouse, { SOURCE: source }),
      action: { kind: 'script', call: call(compileWarehouse, { JAVAC: javac, SOURCE: source }) },
      outputs: ['CLASSES'],
      seconds: 3,
    },
  ];
}

/** N of the ramp: given, or the guest's online CPUs for both sides. @throws PlanError `facts-missing`. */
function warehouses(settings: WarehouseSettings, context: PlanContext): number {
  if (settings.warehouses !== 'auto') return settings.warehouses;
  const { machine, onlineCpus } = context.machines.guest;
  if (onlineCpus === null) throw new PlanError('facts-missing', { machine, fact: 'online CPUs' });
  return onlineCpus;
}

/** The measured command of one side. Only the Java launcher and the place of the classes may differ between the sides. */
export function warehouseCall(
  context: PlanContext,
  side: Side,
): { readonly call: PlannedCall; readonly configHash: string; readonly seconds: number } {
  const { machine, java } = context.machines[side];
  if (java === null) throw new PlanError('java-missing', { machine });
  const asked = context.experiment.workload;
  const settings = context.quick ? quickWarehouse(asked) : asked;
  const n = warehouses(settings, context);
  const configHash = context.hash(settingsHashInput(settings, n));
  const program: PlannedValue = compiles(context)
    ? { step: `measure-${side}-compile`, output: 'CLASSES' }
    : { step: `measure-${side}-upload`, output: 'FILE' };
  return {
    configHash,
    seconds: warehouseDuration(settings, n),
    call: {
      script: runWarehouse.name,
      as: 'login',
      parameters: {
        JAVA: java,
        JAVA_OPTIONS: settings.java.join('\n'),
        CLASSPATH_ENTRY: program,
        WAREHOUSES: n,
        RAMP_SECONDS: String(settings.rampSeconds),
        MEASURE_SECONDS: String(settings.measureSeconds),
        CONFIG_HASH: configHash,
      },
    },
  };
}
