import { connect } from '../remote/connect.ts';
import { jobsOf } from '../remote/job/jobs.ts';
import { SshPool } from '../remote/ssh2/pool.ts';
import { questionsOf, type Ask } from './asking.ts';
import type { MachinesOptions } from './machines.ts';

export type ReachingOptions = {
  /** `ssh -F`; null: ~/.ssh/config. */
  readonly sshConfig: string | null;
  readonly ask: Ask;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/** How this process reaches machines: one pool of connections, so that a host and its guests share theirs. */
export function reaching(options: ReachingOptions): Pick<MachinesOptions, 'connect' | 'jobsOf' | 'now'> {
  const questions = questionsOf(options.ask, options.environment);
  const settings = { configFile: options.sshConfig ?? undefined };
  const pool = new SshPool({ settings, questions });
  return {
    connect: (target) => connect(target, { settings, questions, pool }),
    jobsOf,
    now: () => new Date(),
  };
}
