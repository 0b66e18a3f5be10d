/** `again`: the last answer to this question was refused, so whoever remembers it must forget it. */
type Asked = { readonly again?: true };

/** Questions that only a person can answer. The runner passes them to whoever follows the run; nothing is accepted in silence. */
export type Question =
  | {
      readonly kind: 'host-key';
      readonly machine: string;
      /** Host as known_hosts names it: `name` or `[name]:port`. */
      readonly host: string;
      /** `ssh-ed25519`, `ecdsa-sha2-nistp256` … */
      readonly keyType: string;
      /** `SHA256:…` as OpenSSH prints it. */
      readonly fingerprint: string;
      /** File that the key is written to if accepted. */
      readonly file: string;
    }
  | ({
      readonly kind: 'password';
      readonly machine: string;
      readonly user: string;
      readonly host: string;
    } & Asked)
  | ({ readonly kind: 'passphrase'; readonly machine: string; readonly keyFile: string } & Asked)
  | ({ readonly kind: 'sudo-password'; readonly machine: string; readonly user: string } & Asked)
  | {
      /** Keyboard-interactive authentication: second factors and the like. */
      readonly kind: 'prompt';
      readonly machine: string;
      readonly prompt: string;
      readonly echo: boolean;
    };

export type HostKeyQuestion = Question & { readonly kind: 'host-key' };

export type Questions = {
  /** Whether the host key is accepted (and then remembered). */
  acceptHostKey(question: HostKeyQuestion, signal: AbortSignal): Promise<boolean>;
  /**
   * A host key was accepted without asking, because ssh_config says so (StrictHostKeyChecking `accept-new` or `no`);
   * `file` is where it was written, `none` where it was not. Must not throw.
   */
  noteHostKey?(question: HostKeyQuestion): void;
  /** A secret, or undefined where nobody answers. Never logged, never stored by the callee. */
  secret(question: Exclude<Question, { kind: 'host-key' }>, signal: AbortSignal): Promise<string | undefined>;
};
