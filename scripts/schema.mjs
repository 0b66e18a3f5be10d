// Writes schemas/kvm-parity.schema.json from the inventory's schema. Run after changing src/core/inventory/schema.ts.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
// Node 20 does not read TypeScript: the generator is bundled to a file that lives only for this run.
const directory = await mkdtemp(join(tmpdir(), 'kvm-parity-schema-'));
try {
  const outfile = join(directory, 'schema.mjs');
  await build({
    entryPoints: [join(root, 'src/core/inventory/jsonSchema.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
  });
  const { inventoryJsonSchema } = await import(pathToFileURL(outfile).href);
  await mkdir(join(root, 'schemas'), { recursive: true });
  await writeFile(join(root, 'schemas/kvm-parity.schema.json'), inventoryJsonSchema());
} finally {
  await rm(directory, { recursive: true, force: true });
}
