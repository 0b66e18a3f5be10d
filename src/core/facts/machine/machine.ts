import { firstKnown, understood } from '../answers.ts';
import { notUnderstood } from '../error.ts';
import { known } from '../fact.ts';
import { onlyLine } from '../lines.ts';
import type { FactSpec } from '../spec.ts';

export const hostname: FactSpec<string> = {
  read: (answers) =>
    understood(firstKnown(answers.file('/proc/sys/kernel/hostname'), answers.output('hostname')), (text) =>
      onlyLine(text, 'hostname', 'a host name'),
    ),
  keys: [],
  summarise: () => [],
};

/** Changes with every boot: random(4). */
export const bootId: FactSpec<string> = {
  read: (answers) =>
    understood(answers.file('/proc/sys/kernel/random/boot_id'), (text) =>
      onlyLine(text, 'boot-id', 'a UUID'),
    ),
  keys: [],
  summarise: () => [],
};

/** Seconds since boot: proc(5), /proc/uptime. */
export const uptimeSeconds: FactSpec<number> = {
  read: (answers) =>
    understood(answers.file('/proc/uptime'), (text) => {
      const found = onlyLine(text, 'uptime', 'two numbers of seconds');
      const match = /^(\d+(?:\.\d+)?) \d+(?:\.\d+)?$/.exec(found);
      if (match === null)
        throw notUnderstood({ kind: 'uptime', line: 1, found, expected: 'two numbers of seconds' });
      return Number(match[1]);
    }),
  keys: [],
  summarise: () => [],
};

/** What systemd-detect-virt(1) says: `none` on bare metal, `kvm`, `qemu`, `vmware` … or a container's kind. */
export const virtualization: FactSpec<string> = {
  read: (answers) => {
    // `none` comes with exit status 1.
    const capture = answers.capture('systemd-detect-virt');
    if (capture?.output.trim() === 'none') return known('none', capture);
    return understood(answers.output('systemd-detect-virt'), (text) =>
      onlyLine(text, 'systemd-detect-virt', 'one word'),
    );
  },
  keys: ['machine.virtualization'],
  summarise: (value) => [['machine.virtualization', value]],
};

/** Vendor and product as the firmware names them. */
export type Product = { readonly vendor: string; readonly name: string; readonly version: string | null };

export const product: FactSpec<Product> = {
  read: (answers) => {
    const read = (name: string) => answers.file(`/sys/class/dmi/id/${name}`);
    const version = read('product_version');
    const vendor = read('sys_vendor');
    return understood(vendor.state === 'known' ? read('product_name') : vendor, (name) => ({
      vendor: vendor.state === 'known' ? vendor.value.trim() : '',
      name: name.trim(),
      version: version.state === 'known' ? version.value.trim() : null,
    }));
  },
  keys: ['machine.product'],
  summarise: ({ vendor, name, version }) => [
    ['machine.product', [vendor, name, version].filter((part) => part !== null && part !== '').join(' ')],
  ],
};
