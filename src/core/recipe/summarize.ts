import { valueOf } from '../facts/fact.ts';
import type { Facts } from '../facts/facts.ts';
import type { MachineSummary } from './machineSummary.ts';

/** What planning needs of all that a probe found, and of the inventory (`asked`). */
export function summarizeMachine(
  machine: string,
  facts: Facts,
  asked: Pick<MachineSummary, 'domain' | 'record'>,
): MachineSummary {
  const people = valueOf(facts.loggedIn) ?? [];
  return {
    machine,
    domain: asked.domain,
    record: asked.record,
    onlineCpus: valueOf(facts.cpus)?.online.length ?? valueOf(facts.lscpu)?.onlineCpus ?? null,
    java: valueOf(facts.java)?.path ?? null,
    javac: valueOf(facts.toolchain)?.javac ?? null,
    loggedIn: people.map(({ user, terminal, since, from }) =>
      [user, 'on', terminal, 'since', since, ...(from === null ? [] : ['from', from])].join(' '),
    ),
  };
}
