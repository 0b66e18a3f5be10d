import { connect } from '../remote/connect.ts';
import type { HostKeyQuestion } from '../remote/questions.ts';
import { jobsOf } from '../remote/job/jobs.ts';
import { SshPool } from '../remote/ssh2/pool.ts';
import { questionsOf, type Ask } from './asking.ts';
import type { MachinesOptions } from './machines.ts';

export type ReachingOptions = {
  /** `ssh -F`; null: ~/.ssh/config. */
  readonly sshConfig: string | null;
  readonly ask: Ask;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Told of host keys that the user's ssh configuration accepts without asking. */
  readonly onHostKey: (key: HostKeyQuestion) => void;
};

/** How this process reaches machines: one pool of connections, so that a host and its guests share theirs. */
export function reaching(options: ReachingOptions): Pick<MachinesOptions, 'connect' | 'jobsOf' | 'now'> {
  const questions = { ...questionsOf(options.ask, options.environment), noteHostKey: options.onHostKey };
  const settings = { configFile: options.sshConfig ?? undefined };
  const pool = new SshPool({ settings, questions });
  return {
    connect: (target) => connect(target, { settings, questions, pool }),
    jobsOf,
    now: () => new Date(),
  };
}
