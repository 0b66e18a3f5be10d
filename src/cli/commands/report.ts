import { findRun, readDescription } from '../../run/directory.ts';
import { RunError } from '../../run/error.ts';
import { writeNamed } from '../../run/files.ts';
import { readJournal } from '../../run/journal.ts';
import { renderReport, reportFormats, reportOf, type ReportFormat } from '../../run/report/write.ts';
import { replay } from '../../run/state.ts';
import type { ExitCode } from '../exit.ts';
import { detailOf, InputError, installation, openSession, type CommonOptions } from '../session.ts';
import { reportExit } from '../verdict.ts';

export type ReportOptions = CommonOptions & { readonly format: string; readonly output?: string };

function formatOf(text: string): ReportFormat {
  const format = reportFormats.find((candidate) => candidate === text);
  if (format === undefined) {
    throw new InputError('option-invalid', {
      option: `--format ${text}`,
      detail: `one of ${reportFormats.join(', ')}`,
    });
  }
  return format;
}

/** @throws InputError `file-unwritable`; RunError `controller-disk-full`. */
async function write(file: string, text: string): Promise<void> {
  await writeNamed(file, text).catch((cause: unknown) => {
    if (cause instanceof RunError) throw cause;
    throw new InputError('file-unwritable', { file, detail: detailOf(cause) }, { cause });
  });
}

/** `report RUN`: the comparison as it stands, made anew from the journal. */
export async function report(run: string, options: ReportOptions): Promise<ExitCode> {
  const format = formatOf(options.format);
  const session = await openSession(options);
  const paths = await findRun(session.root, run);
  const state = replay((await readJournal(paths.journal)).events);
  const made = await reportOf(paths, await readDescription(paths), state);
  const text = await renderReport(made, format, installation.report);
  if (options.output === undefined) process.stdout.write(text);
  else await write(options.output, text);
  return reportExit(made);
}
