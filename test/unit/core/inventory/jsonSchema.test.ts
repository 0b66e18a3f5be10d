import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { inventoryJsonSchema } from '../../../../src/core/inventory/jsonSchema.ts';
import { inventoryTemplate } from '../../../../src/core/inventory/template.ts';

const root = new URL('../../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

type Json = { readonly [key: string]: Json };

describe('The JSON schema', () => {
  const text = inventoryJsonSchema();
  const schema = z.fromJSONSchema(JSON.parse(text) as Parameters<typeof z.fromJSONSchema>[0]);
  const accepts = (yaml: string): boolean => schema.safeParse(parse(yaml)).success;
  const example = read('examples/kvm-parity.yaml');

  it('is committed as the schema gives it: run "node scripts/schema.mjs" after a change', () => {
    expect(read('schemas/kvm-parity.schema.json')).toBe(text);
  });

  it('accepts the example and the text of a new inventory', () => {
    expect(accepts(example)).toBe(true);
    expect(accepts(inventoryTemplate)).toBe(true);
  });

  it.each([
    ['become: sudo', 'become: doas'],
    ['    become: sudo', '    becom: sudo'],
    ['trials: 5', 'trials: 0'],
    ['version: 1', 'version: 2'],
    ['[-Xms20g, -Xmx20g]', '[Xmx20g]'],
    ['  r1:\n', '  "r 1":\n'],
    ['ref: v5.3', 'tarball: linux.tar.xz'],
    ['image: /var', 'image: var'],
    ['ref: v5.3', 'ref: v5.3, tarball: linux.tar.xz'],
    ['    ssh: r1.lab', ''],
  ])('refuses %j written as %j', (good, bad) => {
    expect(example).toContain(good);
    expect(accepts(example)).toBe(true);
    expect(accepts(example.replace(good, bad))).toBe(false);
  });

  it('explains every setting', () => {
    const unexplained = (node: Json, path: string): readonly string[] =>
      Object.entries(node.properties ?? {})
        .flatMap(([name, inner]) => [
          ...('description' in inner ? [] : [`${path}.${name}`]),
          ...unexplained(inner, `${path}.${name}`),
        ])
        .concat(node.additionalProperties ? unexplained(node.additionalProperties, `${path}.*`) : []);
    expect(unexplained(JSON.parse(text) as Json, '')).toEqual([]);
  });
});
