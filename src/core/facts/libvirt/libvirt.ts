import {
  parseEmulatorpin,
  parseNumatune,
  parseVcpuinfo,
  parseVcpupin,
  parseVirshList,
  parseVirshVersion,
  type Domain,
  type Numatune,
  type Vcpu,
  type VcpuPin,
  type VirshVersion,
} from '../../libvirt/virsh.ts';
import { formatCpuList } from '../cpuList.ts';
import { understood } from '../answers.ts';
import type { FactSpec } from '../spec.ts';

/** With or without the read-only connection, and with the domain in whatever way it was named. */
function virsh(command: string): RegExp {
  return new RegExp(`^virsh (?:-r )?${command}$`);
}

export const virshVersion: FactSpec<VirshVersion> = {
  read: (answers) => understood(answers.output(virsh('version')), parseVirshVersion),
  keys: ['libvirt.version', 'libvirt.hypervisor'],
  summarise: ({ library, hypervisor }) => [
    ['libvirt.version', library],
    ['libvirt.hypervisor', hypervisor],
  ],
};

export const domains: FactSpec<readonly Domain[]> = {
  read: (answers) => understood(answers.output(virsh('list --all')), parseVirshList),
  keys: [],
  summarise: () => [],
};

/** The domain's XML, verbatim. */
export const domainXml: FactSpec<string> = {
  read: (answers) => understood(answers.output(virsh('dumpxml [^|]+')), (text) => text),
  keys: [],
  summarise: () => [],
};

export const vcpus: FactSpec<readonly Vcpu[]> = {
  read: (answers) => understood(answers.output(virsh('vcpuinfo [^|]+')), parseVcpuinfo),
  keys: [],
  summarise: () => [],
};

export const vcpuPins: FactSpec<readonly VcpuPin[]> = {
  read: (answers) => understood(answers.output(virsh('vcpupin [^|]+')), parseVcpupin),
  keys: ['domain.vcpupin'],
  summarise: (pins) => [
    ['domain.vcpupin', pins.map(({ vcpu, cpus }) => `${vcpu}: ${formatCpuList(cpus)}`).join('; ')],
  ],
};

export const emulatorPin: FactSpec<readonly number[]> = {
  read: (answers) => understood(answers.output(virsh('emulatorpin [^|]+')), parseEmulatorpin),
  keys: ['domain.emulatorpin'],
  summarise: (cpus) => [['domain.emulatorpin', formatCpuList(cpus)]],
};

export const numatune: FactSpec<Numatune> = {
  read: (answers) => understood(answers.output(virsh('numatune [^|]+')), parseNumatune),
  keys: ['domain.numatune'],
  summarise: ({ mode, nodes }) => [
    ['domain.numatune', `${mode}, nodes ${nodes === null ? 'any' : formatCpuList(nodes)}`],
  ],
};
