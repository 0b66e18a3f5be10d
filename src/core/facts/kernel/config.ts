import { firstKnown, understood } from '../answers.ts';
import { notUnderstood } from '../error.ts';
import { unavailable, type Fact } from '../fact.ts';
import { filledLines } from '../lines.ts';
import type { FactSpec } from '../spec.ts';

/** Options by name; `n` for `# CONFIG_X is not set`. Strings without their quotes. */
export type KernelOptions = Readonly<Record<string, string>>;

export type KernelConfig = {
  /** File that it was read from. */
  readonly path: string;
  /** How many options are set to anything but `n`. */
  readonly count: number;
  readonly options: KernelOptions;
};

const SET = /^(CONFIG_[A-Za-z0-9_]+)=(.*)$/;
const UNSET = /^# (CONFIG_[A-Za-z0-9_]+) is not set$/;

/** Reads a kernel `.config`: Documentation/kbuild/kconfig.rst. */
export function parseKernelConfig(text: string): KernelOptions {
  const kind = 'kernel-config';
  const expected = 'CONFIG_NAME=value or # CONFIG_NAME is not set';
  const options: Record<string, string> = {};
  for (const { number, text: found } of filledLines(text)) {
    const set = SET.exec(found);
    const unset = UNSET.exec(found);
    if (set?.[1] !== undefined) options[set[1]] = unquoted(set[2] ?? '');
    else if (unset?.[1] !== undefined) options[unset[1]] = 'n';
    else if (!found.startsWith('#')) throw notUnderstood({ kind, line: number, found, expected });
  }
  if (Object.keys(options).length === 0) {
    throw notUnderstood({ kind, line: 1, found: text.split('\n')[0] ?? '', expected });
  }
  return options;
}

function unquoted(value: string): string {
  const match = /^"(.*)"$/.exec(value);
  return match === null ? value : (match[1] ?? '').replace(/\\(["\\])/g, '$1');
}

/** Symbols that only say which compiler built it: init/Kconfig. */
const COMPILER =
  /^CONFIG_(?:CC_VERSION_TEXT|GCC_VERSION|CLANG_VERSION|AS_VERSION|LD_VERSION|LLD_VERSION|PAHOLE_VERSION|RUSTC_VERSION(?:_TEXT)?|RUSTC_LLVM_VERSION|BINDGEN_VERSION_TEXT)$/;

/**
 * One option per line, sorted, without comments and without the compiler's version: equal texts mean the same
 * configuration, wherever it was built. An option that is not set is not listed.
 */
export function normalisedConfig(options: KernelOptions): string {
  return Object.entries(options)
    .filter(([name, value]) => value !== 'n' && !COMPILER.test(name))
    .map(([name, value]) => `${name}=${value}\n`)
    .sort()
    .join('');
}

/**
 * A short mark of a normalised configuration (FNV-1a, 32 bits): two that differ are told apart at a glance. No proof of
 * sameness against somebody who wants to deceive.
 */
export function configFingerprint(options: KernelOptions): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(normalisedConfig(options))) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  return hash.toString(16).padStart(8, '0');
}

const CONFIG_FILE = /^(?:\/boot\/config-\S+|\/lib\/modules\/\S+\/(?:build\/\.)?config)$/;
const ZIPPED = /^(?:zcat|gzip -dc|gunzip -c) (\/proc\/config\.gz)$/;

function configFrom(fact: Fact<string>, path: string): Fact<KernelConfig> {
  return understood(fact, (text) => {
    const options = parseKernelConfig(text);
    return { path, count: Object.values(options).filter((value) => value !== 'n').length, options };
  });
}

export const kernelConfig: FactSpec<KernelConfig> = {
  read: (answers) => {
    const files = answers.files(CONFIG_FILE);
    const zipped = configFrom(answers.output(ZIPPED), '/proc/config.gz');
    if (files.state === 'unavailable') return firstKnown(zipped, files);
    const read = files.value.map(({ path, text }) =>
      configFrom({ state: 'known', value: text, from: files.from }, path),
    );
    return firstKnown(zipped, ...read, unavailable('not-asked', 'it was not asked for'));
  },
  keys: ['kernel.config.options', 'kernel.config.fingerprint'],
  summarise: ({ count, options }) => [
    ['kernel.config.options', String(count)],
    ['kernel.config.fingerprint', configFingerprint(options)],
    ...['HZ', 'NO_HZ_IDLE', 'NO_HZ_FULL', 'HUGETLBFS', 'PREEMPT_DYNAMIC'].map(
      (name) => [`kernel.config.${name}`, options[`CONFIG_${name}`] ?? 'n'] as const,
    ),
  ],
};
