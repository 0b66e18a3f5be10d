import * as z from 'zod/mini';
import type { Guest, Host, SshDestination } from './inventory.ts';
import type { SshReason } from './problem.ts';

export type Parsed<T> = { readonly destination: T } | { readonly reason: SshReason };

/*
 * Narrower than what OpenSSH takes (readconf.c, valid_hostname and valid_ruser in ssh.c): no spaces, no
 * control or shell characters, nothing that begins like an option. Stranger names belong into an alias.
 */
const USER = /^[\p{L}\p{N}_][\p{L}\p{N}_.+-]*$/u;
const HOST = USER;
const ZONE = /%[A-Za-z0-9_.-]+$/;
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const PORT = /^[1-9]\d{0,4}$/;

/** What a host's `ssh` may be, for messages. */
export const hostForms = 'local, alias, user@host, host:port, user@host:port, user@[ipv6]:port';

/** What a guest's `ssh` may be, for messages. */
export const guestForms = 'user, user@address, user@address:port, user@[ipv6]:port';

/** `local`, or a destination. */
export function parseHostSsh(text: string): Parsed<Host['ssh']> {
  return text === 'local' ? { destination: 'local' } : parseDestination(text);
}

/** A bare word is a user whose address libvirt knows; reached directly (`via: direct`) it is an alias. */
export function parseGuestSsh(text: string, via: Guest['via']): Parsed<Guest['ssh']> {
  if (via === 'direct' || /[@:[]/.test(text)) return parseDestination(text);
  if (IPV4.test(text)) return { reason: 'ssh-user-is-address' };
  return USER.test(text) ? { destination: { user: text, host: null } } : { reason: 'ssh-invalid' };
}

function parseDestination(text: string): Parsed<SshDestination> {
  const at = text.lastIndexOf('@');
  const user = at < 0 ? undefined : text.slice(0, at);
  if (user !== undefined && !USER.test(user)) return { reason: 'ssh-invalid' };
  const rest = text.slice(at + 1);
  if (isIpv6(rest)) return { reason: 'ssh-brackets-missing' };
  const parts = /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^:[\]]*))(?::(?<port>.*))?$/s.exec(rest)?.groups;
  if (parts === undefined) return { reason: 'ssh-invalid' };
  const { v6, name = '', port } = parts;
  if (v6 === undefined ? !HOST.test(name) : !isIpv6(v6)) return { reason: 'ssh-invalid' };
  if (port !== undefined && (!PORT.test(port) || Number(port) > 65535)) return { reason: 'ssh-port-invalid' };
  return {
    destination: {
      host: v6 ?? name,
      ...(user !== undefined && { user }),
      ...(port !== undefined && { port: Number(port) }),
    },
  };
}

/** An IPv6 address, with a zone where it is link-local (RFC 4007: `fe80::1%virbr0`). */
function isIpv6(text: string): boolean {
  return z.regexes.ipv6.test(text.replace(ZONE, ''));
}
