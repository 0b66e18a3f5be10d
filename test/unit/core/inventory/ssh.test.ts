import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGuestSsh, parseHostSsh } from '../../../../src/core/inventory/ssh.ts';

describe('The ssh of a host', () => {
  it.each([
    ['local', 'local'],
    ['r1', { host: 'r1' }],
    ['r1.lab', { host: 'r1.lab' }],
    ['10.0.0.1', { host: '10.0.0.1' }],
    ['r1:2222', { host: 'r1', port: 2222 }],
    ['local:22', { host: 'local', port: 22 }],
    ['root@r1', { host: 'r1', user: 'root' }],
    ['a.b-c_d@r1:65535', { host: 'r1', user: 'a.b-c_d', port: 65535 }],
    ['root@[fe80::1%virbr0]:22', { host: 'fe80::1%virbr0', user: 'root', port: 22 }],
    ['[::1]', { host: '::1' }],
    ['büro', { host: 'büro' }],
  ] as const)('%s is understood', (text, destination) => {
    expect(parseHostSsh(text)).toEqual({ destination });
  });

  it('never lets an option, a space or a shell character through', () => {
    const character = fc.constantFrom(
      ...Array.from('ab1.-_@:[]% \t\n\0\'"`$\\;&<>|(){}*?!#~^=,/\u202e\u{e000}'),
    );
    fc.assert(
      fc.property(fc.array(character, { maxLength: 12 }), (characters) => {
        for (const parsed of [
          parseHostSsh(characters.join('')),
          parseGuestSsh(characters.join(''), 'host'),
        ]) {
          if (!('destination' in parsed) || parsed.destination === 'local') continue;
          for (const part of [parsed.destination.host, parsed.destination.user])
            if (part) expect(part).toMatch(/^[a-z0-9_:][a-z0-9._:%-]*$/);
        }
      }),
    );
  });
});

describe('The ssh of a guest', () => {
  it('is a user where it is a single word, and the address is left to libvirt', () => {
    expect(parseGuestSsh('root', 'host')).toEqual({ destination: { user: 'root', host: null } });
  });

  it('is an alias where it is a single word and the guest is reached directly', () => {
    expect(parseGuestSsh('vm1', 'direct')).toEqual({ destination: { host: 'vm1' } });
  });

  it('is a destination where it has an address, whatever the way', () => {
    for (const via of ['host', 'direct'] as const) {
      expect(parseGuestSsh('root@10.0.0.2:2201', via)).toEqual({
        destination: { user: 'root', host: '10.0.0.2', port: 2201 },
      });
      expect(parseGuestSsh('vm1:22', via)).toEqual({ destination: { host: 'vm1', port: 22 } });
    }
  });
});
