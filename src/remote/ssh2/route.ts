import { TransportError } from '../error.ts';
import { resolveSshConfig, type ResolveOptions, type SshDestination } from '../sshConfig.ts';
import { parseJump, type SshConfig } from '../sshConfigParse.ts';
import type { Target } from '../target.ts';

/** One machine on the way, the last one being the destination. */
export type Link = { readonly machine: string; readonly config: SshConfig };

/** No real way is longer; a jump through itself would be. */
const LONGEST_WAY = 8;

/**
 * The machines to go through, nearest first. `via` of the inventory wins over a ProxyJump of ssh_config; each
 * machine's own configuration says how it is reached, as with `ssh -J`.
 *
 * @throws TransportError `ssh-config`, `jump-failed` (a loop), `forbidden-on-local`, `cancelled`
 */
export async function resolveRoute(target: Target, options: ResolveOptions): Promise<readonly Link[]> {
  const { machine, address } = target;
  if (address.kind === 'local') throw TransportError.of('forbidden-on-local', { machine });
  const { via } = address;
  const before =
    via === undefined || via.address.kind === 'local'
      ? undefined
      : await resolveRoute(via, { ...options, machine: via.machine });
  return links({ ...options, machine }, address, before);
}

async function links(
  options: ResolveOptions & { readonly depth?: number },
  destination: SshDestination,
  before: readonly Link[] | undefined,
): Promise<readonly Link[]> {
  const { machine, depth = 1 } = options;
  const config = await resolveSshConfig(destination, options);
  const last = { machine, config };
  if (before !== undefined) return [...before, last];
  let way: readonly Link[] | undefined;
  for (const text of config.proxyJump) {
    const jump = parseJump(text);
    const fail = (detail: string) => TransportError.of('jump-failed', { machine, jump: text, detail });
    if (jump === undefined) throw fail('this jump is not understood; it should be [user@]host[:port]');
    if (depth > LONGEST_WAY) throw fail('the way is too long, or leads through itself');
    way = await links({ ...options, machine: jump.host, depth: depth + 1 }, jump, way);
  }
  return [...(way ?? []), last];
}
