/**
 * A machine to measure: an OpenSSH server of our own on 127.0.0.1, with an inventory in which it plays host and guest.
 *
 *     const loopback = await startLoopback();
 *     … ssh -F loopback.sshConfig target true …
 *     await loopback.stop();
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Inventory } from '../../src/core/inventory/inventory.ts';
import { loadInventory } from '../../src/core/inventory/load.ts';
import { connect } from '../../src/remote/connect.ts';
import type { Questions } from '../../src/remote/questions.ts';
import type { Target } from '../../src/remote/target.ts';
import type { Transport } from '../../src/remote/transport.ts';
import { targetOf } from '../../src/run/machines.ts';
import { startSshd, type Sshd } from '../../test/support/sshd.ts';
import { writeSshConfig } from '../../test/support/sshdConfig.ts';

/** Name of the server in the SSH configuration. */
export const ALIAS = 'target';

export type Loopback = {
  /** Directory for whatever a benchmark writes; removed by `stop`. */
  readonly root: string;
  readonly sshd: Sshd;
  readonly sshConfig: string;
  readonly inventory: Inventory;
  readonly inventoryFile: string;
  connect(target: Target): Transport;
  /** The host's transport, not yet connected. */
  transport(): Transport;
  stop(): Promise<void>;
};

/** Host keys are known and the key has no passphrase: there is nothing to ask. */
const questions: Questions = {
  acceptHostKey: () => Promise.reject(new Error('a benchmark was asked for a host key')),
  secret: () => Promise.reject(new Error('a benchmark was asked for a secret')),
};

export async function startLoopback(
  sshdLines: (root: string) => readonly string[] = () => [],
): Promise<Loopback> {
  const root = await mkdtemp(join(tmpdir(), 'kvmp-bench-'));
  // The start-up files of whoever runs this would be measured too, and differ from user to user.
  const home = join(root, 'home');
  await mkdir(home);
  const sshd = await startSshd({ config: [`SetEnv HOME=${home}`, ...sshdLines(root)] });
  const { file: sshConfig } = await writeSshConfig(root, [{ alias: ALIAS, sshd }]);
  const inventoryFile = join(root, 'kvm-parity.yaml');
  const text = inventoryText(root);
  await writeFile(inventoryFile, text);
  const { inventory, problems } = loadInventory(text, inventoryFile);
  if (inventory === null) throw new Error(`the inventory is wrong: ${JSON.stringify(problems)}`);
  const settings = { configFile: sshConfig };
  const reach = (target: Target): Transport => connect(target, { settings, questions });
  return {
    root,
    sshd,
    sshConfig,
    inventory,
    inventoryFile,
    connect: reach,
    transport: () => reach(targetOf(inventory, 'r1')),
    async stop() {
      await sshd.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

function inventoryText(root: string): string {
  return `version: 1
hosts:
  r1:
    ssh: ${ALIAS}
    directory: ${root}/state-host
    guests:
      vm1: { ssh: ${ALIAS}, via: direct, directory: ${root}/state-guest }
experiments:
  loopback:
    host: r1
    guest: vm1
    workload:
      warehouse: { warehouses: 2 }
    repeat: { trials: 1, retries: 0 }
`;
}

/** Runs `use` with a loopback and takes it down, whatever happens. */
export async function withLoopback<T>(
  use: (loopback: Loopback) => Promise<T>,
  sshdLines?: (root: string) => readonly string[],
): Promise<T> {
  const loopback = await startLoopback(sshdLines);
  try {
    return await use(loopback);
  } finally {
    await loopback.stop();
  }
}
