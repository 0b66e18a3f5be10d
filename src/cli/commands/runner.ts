import { driveRun } from '../../run/runner.ts';
import { runPaths } from '../../run/directory.ts';
import { describeFailure } from '../../run/describe.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import { assetOf, installation, PRODUCT_VERSION } from '../session.ts';
import { say } from '../terminal.ts';

/** `runner DIRECTORY` (not for people): drives a run as a process of its own; its output goes to runner.log. */
export async function runner(directory: string): Promise<ExitCode> {
  const detach = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => {
      detach.abort();
    });
  const outcome = await driveRun({
    paths: runPaths(directory),
    assetOf,
    reportAssets: installation.report,
    product: PRODUCT_VERSION,
    environment: process.env,
    now: () => new Date(),
    detach: detach.signal,
  });
  say(
    `${new Date().toISOString()} ${outcome.status}${outcome.failure === undefined ? '' : `: ${describeFailure(outcome.failure)}`}`,
  );
  return outcome.status === 'completed' ? exitCodes.ok : exitCodes.failed;
}
