/** How one machine is reached: what the inventory says, resolved no further (that is `ssh -G`'s work). */
export type Target = {
  readonly machine: string;
  readonly address: Address;
  readonly become: 'none' | 'sudo';
  /** Absolute directory for our files on that machine, where the inventory names one. */
  readonly directory?: string;
};

export type Address =
  | { readonly kind: 'local' }
  | {
      readonly kind: 'ssh';
      /** Alias of ~/.ssh/config, or a host name or address. */
      readonly host: string;
      readonly user?: string;
      readonly port?: number;
      /** The machine to go through first (a guest through its host). */
      readonly via?: Target;
    };

export type SshSettings = {
  /** `ssh -F`: another configuration file than ~/.ssh/config. */
  readonly configFile?: string;
  /**
   * Seconds for one connection attempt, TCP and handshake; and then for the login shell to begin our script, for
   * which it is at least 5. Default 20.
   */
  readonly connectTimeoutSeconds?: number;
};
