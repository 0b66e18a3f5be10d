import { Command, CommanderError } from 'commander';
import { check } from './commands/check.ts';
import { cancel } from './commands/cancel.ts';
import { clean } from './commands/clean.ts';
import { parse } from './commands/parse.ts';
import { plan } from './commands/plan.ts';
import { probe } from './commands/probe.ts';
import { report } from './commands/report.ts';
import { restore } from './commands/restore.ts';
import { run } from './commands/run.ts';
import { runner } from './commands/runner.ts';
import { status } from './commands/status.ts';
import { errorExit, explainError } from './errors.ts';
import { exitCodes, type ExitCode } from './exit.ts';
import { PRODUCT_VERSION, type CommonOptions } from './session.ts';
import { say } from './terminal.ts';

const stop = new AbortController();

/** Runs a command and sets the exit code; Ctrl-C stops waiting, a second one ends at once. */
function command<Arguments extends readonly unknown[]>(
  action: (...words: Arguments) => Promise<ExitCode>,
): (...words: Arguments) => Promise<void> {
  return async (...words) => {
    try {
      process.exitCode = await action(...words);
    } catch (error) {
      if (stop.signal.aborted) {
        process.exitCode = exitCodes.interrupted;
        return;
      }
      say(`kvm-parity: ${explainError(error)}`);
      process.exitCode = errorExit(error);
    }
  };
}

function program(): Command {
  const cli = new Command('kvm-parity')
    .description(
      'How close does a KVM guest come to the bare machine it runs on, and is the comparison fair?',
    )
    .version(PRODUCT_VERSION)
    .option('-i, --inventory <file>', 'the inventory', 'kvm-parity.yaml')
    .option('--ssh-config <file>', 'another SSH configuration than ~/.ssh/config')
    .exitOverride()
    .showHelpAfterError();
  const common = (): CommonOptions => cli.opts();
  const many = (value: string, before: readonly string[] | undefined): readonly string[] => [
    ...(before ?? []),
    value,
  ];

  cli
    .command('check')
    .argument('[file]', 'the inventory')
    .description('check an inventory')
    .action(command((file: string | undefined) => check(file ?? common().inventory)));
  cli
    .command('probe')
    .argument('[machine...]')
    .description('record the environment of machines (read-only)')
    .option('--json', 'print the whole environment')
    .action(
      command((names: string[], options: { json?: boolean }) =>
        probe(names, { ...common(), ...options }, stop.signal),
      ),
    );
  cli
    .command('plan')
    .argument('<experiment>')
    .description('show every step and script of a run, before anything happens')
    .option('--stage <stage>', 'only this stage (may be given several times)', many)
    .option('--quick', 'the shortest settings')
    .option('--json', 'print the plan as data')
    .action(command((name: string, options: object) => plan(name, { ...common(), ...options }, stop.signal)));
  cli
    .command('run')
    .argument('<experiment>')
    .description('run an experiment, or some of its stages')
    .option('--stage <stage>', 'only this stage (may be given several times)', many)
    .option('--yes', 'approve the plan without being asked')
    .option('--resume [run]', 'go on with a run that was interrupted, failed or cancelled')
    .option('--into <run>', 'add the stages to this run')
    .option('--quick', 'the shortest settings: proves the pipeline, measures nothing')
    .action(command((name: string, options: object) => run(name, { ...common(), ...options }, stop.signal)));
  cli
    .command('status')
    .argument('[run]')
    .description('show all runs, or one')
    .action(command((id: string | undefined) => status(id, common())));
  cli
    .command('cancel')
    .argument('<run>')
    .description('end a run in order; it can be resumed')
    .option('--detach', 'end only its runner: what runs on the machines goes on')
    .action(
      command((id: string, options: { detach?: boolean }) =>
        cancel(id, { ...common(), ...options }, stop.signal),
      ),
    );
  cli
    .command('report')
    .argument('<run>')
    .description('compare what a run has measured')
    .option('--format <format>', 'html, md, csv or json', 'md')
    .option('-o, --output <file>', 'write to a file')
    .action(
      command((id: string, options: { format: string; output?: string }) =>
        report(id, { ...common(), ...options }),
      ),
    );
  cli
    .command('restore')
    .argument('[run]', 'default: the latest')
    .description('take back what a run changed on the machines; harmless when repeated')
    .option(
      '--machine <machine>',
      'restore this machine, whatever run changed it (may be given several times)',
      many,
    )
    .option('--yes', 'end a job that still runs, give back a host that may be in use, without being asked')
    .action(
      command((id: string | undefined, options: object) =>
        restore(id, { ...common(), ...options }, stop.signal),
      ),
    );
  cli
    .command('clean')
    .argument('[machine...]')
    .description('remove the files of KVM Parity from machines')
    .option('--force', 'also results that nobody fetched')
    .action(
      command((names: string[], options: object) => clean(names, { ...common(), ...options }, stop.signal)),
    );
  cli
    .command('parse')
    .argument('<kind>', 'lscpu, meminfo, cmdline, systemctl-show, thp, numactl, environment …')
    .argument('<file>', 'a file, or - for standard input')
    .description('print a recorded output as JSON')
    .action(command((kind: string, file: string) => parse(kind, file)));
  cli
    .command('runner', { hidden: true })
    .argument('<directory>')
    .action(command((directory: string) => runner(directory)));
  return cli;
}

// Whoever reads our output may have read enough (`| head`): the command ends with its own exit code.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.on('SIGINT', () => {
  if (stop.signal.aborted) process.exit(130);
  stop.abort();
});

program()
  .parseAsync()
  .catch((error: unknown) => {
    if (!(error instanceof CommanderError)) throw error;
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.badInput;
  });
