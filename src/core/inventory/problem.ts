import type { ErrorData } from '../error.ts';

/** Why a `kvm-parity.yaml` is refused or doubted. Texts: `messages.ts`. */
export type InventoryReason =
  // the file as a whole
  | 'file-too-large'
  | 'file-not-text'
  | 'file-empty'
  | 'nested-too-deep'
  | 'several-documents'
  | 'yaml-syntax'
  | 'yaml-tab'
  | 'alias-unknown'
  | 'alias-limit'
  | 'version-missing'
  | 'version-newer'
  | 'more-problems'
  // keys and values
  | 'key-no-scalar'
  | 'key-not-text'
  | 'duplicate-key'
  | 'unknown-key'
  | 'misspelled-key'
  | 'missing-key'
  | 'empty-value'
  | 'wrong-type'
  | 'text-unquoted'
  | 'wrong-value'
  | 'number-too-small'
  | 'number-too-large'
  | 'count-invalid'
  | 'list-empty'
  | 'text-invalid'
  | 'path-invalid'
  | 'directory-invalid'
  | 'domain-invalid'
  | 'java-option-invalid'
  | 'java-options-joined'
  | 'kernel-option-invalid'
  | 'kernel-source-invalid'
  | 'hugepage-size-invalid'
  | 'service-invalid'
  // machines and what names them
  | 'hosts-empty'
  | 'name-invalid'
  | 'name-reserved'
  | 'duplicate-machine'
  | 'unknown-host'
  | 'unknown-guest'
  | 'guest-on-other-host'
  | 'guest-local'
  | SshReason
  // recognised, but not in this version
  | 'workload-not-available'
  | 'reboots-not-available';

/** What can be wrong with the `ssh` of a host or guest. */
export type SshReason =
  | 'ssh-invalid'
  | 'ssh-port-invalid'
  | 'ssh-brackets-missing'
  | 'ssh-address-missing'
  | 'ssh-user-is-address'
  | 'ssh-user-like-address';

/** An error makes the inventory unusable; with warnings alone it is used as it is. */
export type Severity = 'error' | 'warning';

/** The reasons that only warn. */
export const warnings: ReadonlySet<InventoryReason> = new Set<InventoryReason>([
  'java-options-joined',
  'ssh-user-like-address',
]);

/** One thing that is wrong in a file, at a place of it. */
export type Problem = {
  readonly reason: InventoryReason;
  readonly severity: Severity;
  readonly file: string;
  /** Lines and columns count from 1, columns in UTF-16 units without a byte order mark, as editors do. */
  readonly line: number;
  readonly column: number;
  /** End of what is wrong, exclusive, on the same line. */
  readonly endLine?: number;
  readonly endColumn?: number;
  /** Where in the data: `hosts.r1.guests.vm1.ssh`, `record[0]`; empty for the file as a whole. */
  readonly path: string;
  /** What was found there, printable and cut to a readable length. */
  readonly value?: string;
  /** What else the message needs. */
  readonly data: ErrorData;
};

export type Path = readonly (string | number)[];

/** A part of the text: offsets of its begin and its end (exclusive), in UTF-16 units. */
export type Span = readonly [start: number, end: number];

/** A problem before it has a line and a column. */
export type Finding = {
  readonly reason: InventoryReason;
  readonly path: Path;
  /** What is to blame: the value (default), its key, or the map itself because something is not in it. */
  readonly at?: 'value' | 'key' | 'map';
  /** Its place, where it is known already; else `path` is looked up. */
  readonly span?: Span;
  readonly data?: ErrorData;
};

/** A finding of which the place is known. */
export type Fault = Finding & { readonly span: Span };
