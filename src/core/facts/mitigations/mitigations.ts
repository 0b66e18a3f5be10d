import { understood } from '../answers.ts';
import type { FactSpec } from '../spec.ts';

/** By weakness, what the kernel does: Documentation/admin-guide/hw-vuln. */
export type Mitigations = Readonly<Record<string, string>>;

const FILE = /^\/sys\/devices\/system\/cpu\/vulnerabilities\/(\w+)$/;

export const mitigations: FactSpec<Mitigations> = {
  read: (answers) =>
    understood(answers.files(FILE), (files) =>
      Object.fromEntries(files.map(({ path, text }) => [FILE.exec(path)?.[1] ?? path, text.trim()])),
    ),
  keys: ['mitigations'],
  summarise: (all) => Object.entries(all).map(([name, state]) => [`mitigations.${name}`, state]),
};
