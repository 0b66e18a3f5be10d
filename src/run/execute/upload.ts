import { CALL_PATIENCE_MS, eitherSignal } from '../context.ts';
import type { Executor } from './action.ts';

/** Brings a file of the product to the machine; what is there already is not sent again. */
export const executeUpload: Executor<'upload'> = async ({ context, step, action }) => {
  const signal = eitherSignal(context);
  const asset = await context.assetOf(action.asset);
  const { path } = await context.machines.persist(
    step.machine,
    { patienceMs: CALL_PATIENCE_MS, signal },
    ({ transport }) =>
      transport.upload(
        { from: asset.path, sha256: asset.sha256, size: asset.size, name: action.asset, as: 'login' },
        { signal },
      ),
  );
  await context.record({ kind: 'outputs', step: step.id, values: { [action.output]: path } });
  return { status: 'done' };
};
