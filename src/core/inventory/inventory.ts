/** The inventory: hosts and guests, and the experiments on them. Loaded from `kvm-parity.yaml` by `load.ts`. */
export type Inventory = {
  readonly version: 1;
  readonly hosts: Readonly<Record<string, Host>>;
  readonly experiments: Readonly<Record<string, Experiment>>;
};

export type Become = 'none' | 'sudo';

type MachineSettings = {
  readonly become: Become;
  /** Absolute path for our files on the machine, instead of /var/lib/kvm-parity or the XDG state directory. */
  readonly directory?: string;
  /** Extra commands for the environment (recipe 3.1: `hostinfo`), run by `sh -c` as the probing user, read-only by the user's word. */
  readonly record: readonly string[];
};

export type Host = MachineSettings & {
  readonly name: string;
  /** `local`, or an SSH destination. */
  readonly ssh: SshDestination | 'local';
  readonly console?: string;
  readonly power?: string;
  readonly guests: Readonly<Record<string, Guest>>;
};

export type Guest = MachineSettings & {
  readonly name: string;
  /** Name of the host in the inventory. */
  readonly host: string;
  /** libvirt domain name. */
  readonly domain?: string;
  /** `host: null` = only a user was given: the address is found through libvirt. */
  readonly ssh: SshDestination | { readonly user: string; readonly host: null; readonly port?: undefined };
  /** `host` (default): through the guest's host. `direct`: from the controller. */
  readonly via: 'host' | 'direct';
  readonly image?: string;
};

export type SshDestination = {
  /** Alias of ~/.ssh/config, host name or address. */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
};

export type Experiment = {
  readonly name: string;
  /** Names of the inventory. */
  readonly host: string;
  readonly guest: string;
  readonly kernel?: Kernel;
  readonly tuning?: Tuning;
  readonly placement: 'recipe' | 'same-node';
  readonly memory: 'node-local' | 'recipe';
  readonly workload: WorkloadSettings;
  readonly repeat: Repeat;
};

export type Kernel = {
  readonly source:
    | { readonly kind: 'git'; readonly git: string; readonly ref: string }
    | { readonly kind: 'tarball'; readonly tarball: string }
    | { readonly kind: 'packages'; readonly packages: readonly string[] };
  readonly config?: { readonly require: readonly string[] };
  readonly guest: 'build' | 'copy' | 'packages';
  readonly cmdline?: { readonly hugepages?: { readonly size: string; readonly count: number | 'auto' } };
};

export type Tuning = {
  readonly runlevel?: number;
  readonly transparentHugepages?: 'always' | 'madvise' | 'never';
  readonly stop: readonly string[];
};

/** One workload; more kinds (specjbb2005, specjbb2015) come with their adapters. */
export type WorkloadSettings = { readonly kind: 'warehouse' } & WarehouseSettings;

/** Settings of the bundled workload. Times in seconds. */
export type WarehouseSettings = {
  /** N of the ramp 1 … 2N; `auto`: the guest's online CPUs, for both sides. */
  readonly warehouses: number | 'auto';
  readonly rampSeconds: number;
  readonly measureSeconds: number;
  /** Options of the JVM, the same on both sides. */
  readonly java: readonly string[];
};

export type Repeat = {
  /** Trials per side. */
  readonly trials: number;
  /** abba: host, guest, guest, host …; blocked: all of the guest, then all of the host (the recipe's order). */
  readonly order: 'abba' | 'blocked';
  readonly rebootEach: boolean;
  /** How often a failed trial is repeated; every attempt stays on record. */
  readonly retries: number;
};
