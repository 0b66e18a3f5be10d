import { planDocument } from '../../core/recipe/planText.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { firstSegment, makePlan, type PlanOptions } from '../planning.ts';
import { openSession } from '../session.ts';

/** `plan EXPERIMENT`: every command of a run, before anything happens. */
export async function plan(
  name: string,
  options: PlanOptions & { readonly json?: boolean },
  signal: AbortSignal,
): Promise<ExitCode> {
  const session = await openSession(options);
  const made = await makePlan(session, { name, options, placed: firstSegment, ownRun: null }, signal);
  process.stdout.write(
    options.json === true ? `${JSON.stringify(made.plan, null, 2)}\n` : `${planDocument(made.plan)}\n`,
  );
  return exitCodes.ok;
}
