// Builds everything that is shipped into dist/: the CLI, the report page, the workload's files.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeBundle } from './scripts/nodeBundle.mjs';

const node = { ...nodeBundle, sourcemap: true };

async function buildWarehouse() {
  const source = 'src/core/workload/warehouse/Warehouse.java';
  await mkdir('dist/assets', { recursive: true });
  await copyFile(source, 'dist/assets/Warehouse.java');
  const classes = await mkdtemp(join(tmpdir(), 'kvm-parity-classes-'));
  try {
    execFileSync('javac', [
      '--release',
      '8',
      '-Xlint:-options',
      '-proc:none',
      '-encoding',
      'US-ASCII',
      '-d',
      classes,
      source,
    ]);
    const names = (await readdir(classes)).filter((name) => name.endsWith('.class')).sort();
    // A fixed date: the same source gives the same bytes, which are not sent twice.
    const options = [
      '--create',
      '--file=dist/assets/warehouse.jar',
      '--main-class=Warehouse',
      '--date=2000-01-01T00:00:00Z',
    ];
    execFileSync('jar', [
      ...options,
      '-C',
      classes,
      ...names.flatMap((name, index) => (index === 0 ? [name] : ['-C', classes, name])),
    ]);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    throw new Error(
      'Building needs a JDK (17 or later) for the bundled workload: apt-get install openjdk-17-jdk-headless',
      { cause: error },
    );
  } finally {
    await rm(classes, { recursive: true, force: true });
  }
}

await rm('dist', { recursive: true, force: true });
await Promise.all([
  build({
    ...node,
    entryPoints: ['src/cli/main.ts'],
    outfile: 'dist/cli.js',
    banner: { js: '#!/usr/bin/env node' },
  }),
  build({
    entryPoints: { page: 'webviews/report/main.ts' },
    outdir: 'dist/report',
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format: 'iife',
    logLevel: 'warning',
  }),
  mkdir('dist/report', { recursive: true }).then(() =>
    copyFile('webviews/report/style.css', 'dist/report/style.css'),
  ),
  buildWarehouse(),
]);
