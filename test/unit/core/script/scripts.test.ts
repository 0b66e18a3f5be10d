import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { probeCall } from '../../../../src/core/facts/probe/probe.ts';

const source = fileURLToPath(new URL('../../../../src/', import.meta.url));
const files = readdirSync(source, { recursive: true, encoding: 'utf8' });

/** A `Script` as some file of the product declares it. */
type Declared = {
  readonly where: string;
  readonly name: string;
  /** Path of its `.sh` file under src. */
  readonly file: string;
  readonly parameters: readonly string[];
};

type Module = { readonly shells: ReadonlyMap<string, string>; readonly scripts: readonly Declared[] };

/** What a `.ts` file imports from `.sh` files, and the scripts that it makes of them. */
function readModule(file: string): Module {
  const tree = ts.createSourceFile(
    file,
    readFileSync(join(source, file), 'utf8'),
    ts.ScriptTarget.ES2023,
    true,
  );
  const shells = new Map<string, string>();
  const constants = new Map<string, ts.Expression>();
  const scripts: Declared[] = [];

  const plain = (node: ts.Expression): ts.Expression => {
    if (ts.isAsExpression(node)) return plain(node.expression);
    return ts.isIdentifier(node) ? (constants.get(node.text) ?? node) : node;
  };
  const names = (node: ts.Expression): readonly string[] => {
    const object = plain(node);
    if (!ts.isObjectLiteralExpression(object))
      throw new Error(`${file}: ${node.getText()} is no plain object`);
    return object.properties.flatMap((property) =>
      ts.isSpreadAssignment(property) ? names(plain(property.expression)) : [property.name.getText()],
    );
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const from = (node.moduleSpecifier as ts.StringLiteral).text;
      const local = node.importClause?.name?.text;
      if (from.endsWith('.sh') && local !== undefined)
        shells.set(local, relative(source, join(source, dirname(file), from)));
    }
    if (ts.isVariableDeclaration(node) && node.initializer !== undefined)
      constants.set(
        node.name.getText(),
        ts.isAsExpression(node.initializer) ? node.initializer.expression : node.initializer,
      );
    if (ts.isObjectLiteralExpression(node)) {
      const value = (key: string): ts.Expression | undefined => {
        const property = node.properties.find((candidate) => candidate.name?.getText() === key);
        return property !== undefined && ts.isPropertyAssignment(property) ? property.initializer : undefined;
      };
      const [name, text, parameters] = [value('name'), value('text'), value('parameters')];
      const shell = text !== undefined && ts.isIdentifier(text) ? shells.get(text.text) : undefined;
      if (
        name !== undefined &&
        ts.isStringLiteral(name) &&
        shell !== undefined &&
        parameters !== undefined &&
        name.text !== 'facts/probe'
      )
        scripts.push({ where: file, name: name.text, file: shell, parameters: names(parameters) });
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return { shells, scripts };
}

const modules = files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')).map(readModule);
const scripts = modules.flatMap((module) => module.scripts);
const shellText = (file: string): string => readFileSync(join(source, file), 'utf8');

/** Variables that are there anyway: of the environment, of the shell, and those that every job has. */
const given = ['HOME', 'PATH', 'PWD', 'USER', 'LC_ALL', 'XDG_STATE_HOME', 'OUTPUTS', 'JOB_DIR'];

function variables(text: string): { readonly used: readonly string[]; readonly assigned: readonly string[] } {
  const code = text.replace(/^\s*#.*$/gm, '');
  const all = (pattern: RegExp): readonly string[] => [
    ...new Set([...code.matchAll(pattern)].map(([, name = '']) => name)),
  ];
  return {
    used: [...all(/\$\{?([A-Z][A-Z0-9_]*)/g), ...all(/\$\(\([^()]*?\b([A-Z][A-Z0-9_]*)\b[^()]*\)\)/g)],
    assigned: all(/(?:^|[;&({"\s])(?:export |readonly |for |read -r )?([A-Z][A-Z0-9_]*)(?:=| in )/gm),
  };
}

describe('The scripts of the product', () => {
  it('are found', () => {
    expect(scripts.length).toBeGreaterThan(20);
  });

  it('have a name each', () => {
    const names = scripts.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  it.each(scripts)('$name uses what it declares, and declares what it uses', ({ file, parameters }) => {
    const { used, assigned } = variables(shellText(file));
    expect(parameters.filter((name) => !used.includes(name))).toEqual([]);
    const undeclared = used.filter(
      (name) => ![...parameters, ...given].includes(name) && !assigned.includes(name),
    );
    expect(undeclared).toEqual([]);
  });

  it.each(scripts)(
    '$name explains each of its parameters at its top, or says where they are explained',
    ({ file, parameters }) => {
      const [top = ''] = shellText(file).split(/^(?!#)/m);
      if (top.includes('as for start.sh')) return;
      expect(parameters.filter((name) => !new RegExp(`\\b${name}\\b`).test(top))).toEqual([]);
    },
  );

  it('include every .sh file under src', () => {
    const reached = new Set(modules.flatMap(({ shells }) => [...shells.values()]));
    expect(files.filter((file) => file.endsWith('.sh') && !reached.has(file))).toEqual([]);
  });

  it.each(files.filter((file) => file.endsWith('.sh')))(
    '%s hides no assignment of a parameter behind a default',
    (file) => {
      // A parameter that is not given must end the script, not become something else.
      const declared = scripts
        .filter((script) => script.file === file)
        .flatMap(({ parameters }) => parameters);
      const defaulted = [...shellText(file).matchAll(/\$\{([A-Z][A-Z0-9_]*):?[-=]/g)].map(
        ([, name = '']) => name,
      );
      expect(defaulted.filter((name) => declared.includes(name))).toEqual([]);
    },
  );
});

describe('The probe', () => {
  it('declares every value that it passes, whatever is recorded besides', () => {
    const { script, parameters } = probeCall({
      nonce: 'n',
      domain: 'vm1',
      record: ['hostinfo', 'ipmitool sdr'],
    });
    expect(Object.keys(parameters)).toEqual(Object.keys(script.parameters));
    const { used, assigned } = variables(script.text);
    // ASK_<fact> and RECORD_<number> are looked up by a name that the driver makes.
    const undeclared = used.filter(
      (name) =>
        !Object.keys(parameters).some((parameter) => parameter.startsWith(name)) &&
        !given.includes(name) &&
        !assigned.includes(name),
    );
    expect(undeclared).toEqual([]);
  });
});
