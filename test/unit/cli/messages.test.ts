import { readdirSync, readFileSync } from 'node:fs';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { cliMessages } from '../../../src/cli/errors.ts';
import { inputMessages } from '../../../src/cli/session.ts';
import { factsMessages } from '../../../src/core/facts/messages.ts';
import { planMessages } from '../../../src/core/recipe/messages.ts';
import { statisticsMessages } from '../../../src/core/statistics/messages.ts';
import { workloadMessages } from '../../../src/core/workload/messages.ts';
import { transportMessages } from '../../../src/remote/messages.ts';
import { failureMessages, runMessages } from '../../../src/run/messages.ts';

const source = new URL('../../../src/', import.meta.url);

/** A place where a reason is given with its data: `new RunError('x', {…})`, `failed('x', {…})`, `{ reason: 'x', data: {…} }`. */
type Use = {
  readonly where: string;
  readonly code: string;
  /** Null where the data is more than the names that stand there: a spread, a variable. */
  readonly names: readonly string[] | null;
};

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.d.ts'),
);

function namesOf(data: ts.Expression | undefined): readonly string[] | null {
  if (data === undefined) return [];
  if (!ts.isObjectLiteralExpression(data)) return null;
  if (data.properties.some((property) => ts.isSpreadAssignment(property))) return null;
  return data.properties.flatMap(({ name }) => (name === undefined ? [] : [name.getText()]));
}

function property(object: ts.ObjectLiteralExpression, name: string): ts.Expression | undefined {
  const found = object.properties.find((candidate) => candidate.name?.getText() === name);
  return found !== undefined && ts.isPropertyAssignment(found) ? found.initializer : undefined;
}

function useOf(node: ts.Node): Omit<Use, 'where'> | undefined {
  if (ts.isNewExpression(node) || ts.isCallExpression(node)) {
    const callee = node.expression.getText();
    if (!/Error(\.of)?$|^failed$/.test(callee)) return undefined;
    const [code, data] = node.arguments ?? [];
    return code !== undefined && ts.isStringLiteral(code)
      ? { code: code.text, names: namesOf(data) }
      : undefined;
  }
  if (!ts.isObjectLiteralExpression(node)) return undefined;
  const code = property(node, 'reason') ?? property(node, 'code');
  const data = property(node, 'data');
  return code !== undefined && ts.isStringLiteral(code) && data !== undefined
    ? { code: code.text, names: namesOf(data) }
    : undefined;
}

function usesIn(file: string): readonly Use[] {
  const tree = ts.createSourceFile(
    file,
    readFileSync(new URL(file, source), 'utf8'),
    ts.ScriptTarget.ES2023,
    true,
  );
  const uses: Use[] = [];
  const visit = (node: ts.Node): void => {
    const use = useOf(node);
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
    if (use !== undefined) uses.push({ ...use, where: `${file}:${line + 1}` });
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return uses;
}

const uses = files
  .filter((file) => /^(run|cli|remote|core\/(recipe|workload|facts))\//.test(file))
  .flatMap(usesIn);
const placeholders = (template: string): readonly string[] =>
  [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);

describe('The texts of reasons', () => {
  it('get every value that they name, wherever a reason is given', () => {
    expect(uses.length).toBeGreaterThan(60);
    const unfilled = uses.flatMap(({ where, code, names }) => {
      const template = cliMessages[code];
      if (template === undefined || names === null) return [];
      const missing = placeholders(template).filter((name) => !names.includes(name));
      return missing.length === 0 ? [] : [`${where} ${code}: ${missing.join(', ')}`];
    });
    expect(unfilled).toEqual([]);
  });

  it('are one for one code: no area takes the code of another', () => {
    const tables = [
      factsMessages,
      planMessages,
      statisticsMessages,
      workloadMessages,
      transportMessages,
      runMessages,
      failureMessages,
      inputMessages,
    ].flatMap((table) => Object.keys(table));
    const twice = tables.filter((code, index) => tables.indexOf(code) !== index);
    // Said of a machine by a transport, of everything by the runner; the latter stands.
    expect(twice).toEqual(['cancelled']);
  });

  it.each(Object.entries(cliMessages))('are sentences with whole placeholders: %s', (_code, template) => {
    expect(template.trim()).toBe(template);
    expect(template).toMatch(/^(?:[A-Z{`]|sudo )/);
    expect(template.replace(/\{\w+\}/g, '')).not.toMatch(/[{}]/);
  });
});
