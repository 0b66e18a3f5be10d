// Runs the benchmarks one after the other, each in a process of its own, and prints what they found.
//
//     npm run bench                  all of them
//     npm run bench -- stream replay these
//     npm run bench -- --json        the same as data
//
// Needs Linux, root, sshd, ssh and jq. Exit status: 0 all promises kept, 1 one was missed, 2 a benchmark broke.
import { build } from 'esbuild';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeBundle } from '../scripts/nodeBundle.mjs';
import { machineOf, machineText, resultText } from './print.mjs';

const BENCHMARKS = ['probe', 'stream', 'follow', 'approve', 'day', 'replay'];

async function bundle(names, directory) {
  await build({
    // What is measured is what is shipped.
    ...nodeBundle,
    entryPoints: names.map((name) => `bench/${name}.ts`),
    outdir: directory,
    outExtension: { '.js': '.cjs' },
  });
}

/** The result of one benchmark; undefined where it broke, which it has said on standard error. */
async function run(file, directory) {
  const child = fork(file, {
    // What a benchmark prints goes to standard error: standard output is for results.
    stdio: ['ignore', 2, 2, 'ipc'],
    // Whatever it leaves behind is removed with the directory.
    env: { ...process.env, TMPDIR: directory },
  });
  let result;
  child.on('message', (message) => {
    result = message;
  });
  const [code] = await once(child, 'exit');
  return code === 0 ? result : undefined;
}

const words = process.argv.slice(2);
const asJson = words.includes('--json');
const chosen = words.filter((word) => !word.startsWith('-'));
const wrong = words.find((word) => word !== '--json' && !BENCHMARKS.includes(word));
if (wrong !== undefined) {
  console.error(`no benchmark or option "${wrong}"; there are: ${BENCHMARKS.join(', ')}, --json`);
  process.exit(2);
}
if (process.platform !== 'linux' || process.getuid() !== 0) {
  console.error('The benchmarks need Linux and root: they start OpenSSH servers of their own on 127.0.0.1.');
  process.exit(2);
}

const names = chosen.length > 0 ? chosen : BENCHMARKS;
const directory = await mkdtemp(join(tmpdir(), 'kvmp-bench-'));
const machine = machineOf();
const results = [];
// The benchmark gets the signal too and ends its servers; here is still something to remove.
let interrupted = false;
process.on('SIGINT', () => {
  interrupted = true;
});
try {
  await bundle(names, directory);
  if (!asJson) console.log(machineText(machine));
  for (const name of names) {
    if (interrupted) break;
    const result = await run(join(directory, `${name}.cjs`), directory);
    if (result === undefined) process.exitCode = 2;
    else {
      results.push({ name, ...result });
      if (!asJson) console.log(`\n${resultText(name, result)}`);
    }
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
if (asJson) console.log(JSON.stringify({ machine, results }, null, 2));
if (process.exitCode === undefined && results.some(({ claims }) => claims.some(({ kept }) => !kept))) {
  process.exitCode = 1;
}
