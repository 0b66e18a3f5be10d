import { firstKnown, understood, type Answers } from '../answers.ts';
import { unavailable, type Fact } from '../fact.ts';
import type { FactSpec } from '../spec.ts';

/** Programs that build a kernel, and that profile. */
export type Tool = 'gcc' | 'ld' | 'make' | 'pahole' | 'flex' | 'bison' | 'perf' | 'operf';

/**
 * First line of `--version` of each; for javac the path of the compiler. Null: not installed. Absent: not asked for.
 */
export type Toolchain = Readonly<Partial<Record<Tool | 'javac', string | null>>>;

const TOOLS: readonly Tool[] = ['gcc', 'ld', 'make', 'pahole', 'flex', 'bison', 'perf', 'operf'];

function readToolchain(answers: Answers): Fact<Toolchain> {
  const firstLine = (fact: Fact<string>): Fact<string> =>
    understood(fact, (text) => text.split('\n')[0]?.trim() ?? '');
  const facts: (readonly [Tool | 'javac', Fact<string>])[] = [
    ...TOOLS.map((tool) => [tool, firstLine(answers.output(`${tool} --version`))] as const),
    [
      'javac',
      firstLine(firstKnown(answers.output(/^readlink -f \S*\/javac$/), answers.output('javac -version'))),
    ],
  ];
  const entries = facts.flatMap(([tool, fact]) => {
    if (fact.state === 'known') return [[tool, fact.value] as const];
    if (fact.why === 'not-asked') return [];
    return [[tool, fact.why === 'missing' ? null : `does not work: ${fact.detail}`] as const];
  });
  if (entries.length === 0) return unavailable('not-asked', 'it was not asked for');
  return { state: 'known', value: Object.fromEntries(entries), from: facts.flatMap(([, fact]) => fact.from) };
}

export const toolchain: FactSpec<Toolchain> = {
  read: readToolchain,
  keys: ['tool.gcc'],
  summarise: (tools) =>
    Object.entries(tools).map(([tool, line]) => [`tool.${tool}`, line ?? 'not installed']),
};
