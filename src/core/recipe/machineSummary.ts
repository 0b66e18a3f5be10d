/** What planning needs to know of a machine; null where the probe could not find out. */
export type MachineSummary = {
  readonly machine: string;
  readonly onlineCpus: number | null;
  /** Absolute path or command name of the Java launcher. */
  readonly java: string | null;
  /** The Java compiler of the same machine, where it has one. */
  readonly javac: string | null;
  /** libvirt domain that a host is asked about: the experiment's guest. Null on the guest. */
  readonly domain: string | null;
  /** Commands of the inventory that belong to the environment. */
  readonly record: readonly string[];
  /** Who is logged in, one line each, as `who` prints it. */
  readonly loggedIn: readonly string[];
};
