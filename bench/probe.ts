/** One machine's environment in one round trip, beside `ssh host sh -s` that is fed the very same payload. */
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { execa } from 'execa';
import { probeCall } from '../src/core/facts/probe/probe.ts';
import { readCaptures } from '../src/core/facts/probe/frame.ts';
import { payload } from '../src/core/script/script.ts';
import type { Transport } from '../src/remote/transport.ts';
import { probeMachine } from '../src/run/execute/probe.ts';
import { ALIAS, type Loopback, withLoopback } from './support/loopback.ts';
import { benchmark, claim, interleaved, ratio, row, timed, type BenchResult } from './support/result.ts';

const ROUNDS = 11;
const LIMIT = 1.5;

/** How many commands' answers a probe brought; all ways must bring the same. */
type Answers = { count: number };

async function ourProbe(transport: Transport, answers: Answers): Promise<void> {
  const environment = await probeMachine(
    { transport, as: 'login', role: 'host', domain: null, record: [] },
    () => new Date(),
    new AbortController().signal,
  );
  check(environment.captures.length, answers);
}

async function sshProbe(loopback: Loopback, words: readonly string[], answers: Answers): Promise<void> {
  const nonce = randomUUID().replaceAll('-', '');
  const { script, parameters } = probeCall({ nonce, record: [], domain: null });
  const { stdout } = await execa('ssh', ['-F', loopback.sshConfig, ...words, ALIAS, 'sh', '-s'], {
    input: payload(script, parameters),
    encoding: 'buffer',
    stripFinalNewline: false,
  });
  check(readCaptures(stdout, nonce).length, answers);
}

function check(count: number, answers: Answers): void {
  if (answers.count !== 0 && answers.count !== count)
    throw new Error(`${count} answers where another probe brought ${answers.count}`);
  answers.count = count;
}

async function measure(loopback: Loopback): Promise<BenchResult> {
  const answers: Answers = { count: 0 };
  const open = loopback.transport();
  await ourProbe(open, answers);
  const master = ['-o', `ControlPath=${loopback.root}/mux`];
  const persistent = execa('ssh', ['-F', loopback.sshConfig, ...master, '-M', '-N', ALIAS]);
  persistent.catch(() => undefined);
  try {
    await loopback.sshd.waitForLog(/Entering interactive session/);
    const times = await interleaved(ROUNDS, {
      cold: () =>
        timed(async () => {
          const transport = loopback.transport();
          await ourProbe(transport, answers);
          await transport.close();
        }),
      ssh: () => timed(() => sshProbe(loopback, [], answers)),
      sshCurve: () => timed(() => sshProbe(loopback, ['-o', 'KexAlgorithms=curve25519-sha256'], answers)),
      warm: () => timed(() => ourProbe(open, answers)),
      sshWarm: () => timed(() => sshProbe(loopback, master, answers)),
      command: () =>
        timed(() =>
          execa(process.execPath, [
            resolve('dist/cli.js'),
            ...[
              '--inventory',
              loopback.inventoryFile,
              '--ssh-config',
              loopback.sshConfig,
              'probe',
              'r1',
              '--json',
            ],
          ]),
        ),
    });
    const cold = row('ours: connect, probe, close', 'ms', times.cold);
    const ssh = row('ssh host sh -s', 'ms', times.ssh);
    const sshCurve = row('ssh -o KexAlgorithms=curve25519-sha256 host sh -s', 'ms', times.sshCurve);
    const warm = row('ours: probe on an open connection', 'ms', times.warm);
    const sshWarm = row('ssh host sh -s on an open ControlMaster', 'ms', times.sshWarm);
    const command = row('kvm-parity probe r1 --json, the whole command', 'ms', times.command);
    return {
      title: `the environment of one machine, ${answers.count} commands in one round trip`,
      rows: [cold, ssh, sshCurve, warm, sshWarm, command],
      ratios: [
        ratio('ours / ssh with the same key exchange', cold, sshCurve),
        ratio('ours / ssh, both with an open connection', warm, sshWarm),
        ratio('whole command / ssh', command, ssh),
      ],
      claims: [claim('ours / ssh', { unit: '×', value: cold.median / ssh.median, limit: LIMIT })],
    };
  } finally {
    persistent.kill();
    await open.close();
  }
}

benchmark(() => withLoopback(measure));
