import { understood } from '../answers.ts';
import type { FactSpec } from '../spec.ts';

/** Parameters of KVM's modules, `kvm_intel.nested: Y`. */
export type KvmParameters = Readonly<Record<string, string>>;

const FILE = /^\/sys\/module\/(kvm(?:_intel|_amd)?)\/parameters\/(\w+)$/;

export const kvmParameters: FactSpec<KvmParameters> = {
  read: (answers) =>
    understood(answers.files(FILE), (files) =>
      Object.fromEntries(
        files.map(({ path, text }) => {
          const [, module = '', name = ''] = FILE.exec(path) ?? [];
          return [`${module}.${name}`, text.trim()];
        }),
      ),
    ),
  keys: ['kvm.parameters'],
  summarise: (parameters) =>
    Object.entries(parameters)
      .filter(([name]) =>
        /^kvm_(?:intel|amd)\.(?:nested|ept|npt|avic|enable_apicv|vpid|unrestricted_guest)$|^kvm\.halt_poll_ns$/.test(
          name,
        ),
      )
      .map(([name, value]) => [`kvm.${name}`, value]),
};
