import { fill } from '../messages.ts';
import type { InventoryReason, Problem } from './problem.ts';

/** `{path}` and `{value}` are the problem's own; the other placeholders come from its data. */
export const inventoryMessages: Readonly<Record<InventoryReason, string>> = {
  'file-too-large':
    'The file has {length} characters; an inventory may have {maximum}. Is this the right file?',
  'file-not-text':
    'The file is not UTF-8 text: this character cannot be read. Save the file in the encoding UTF-8.',
  'file-empty': 'The file holds no inventory. It needs at least "version: 1" and one machine under "hosts".',
  'nested-too-deep':
    'Lists or maps are nested more than {maximum} levels deep; an inventory needs less than ten. Is a bracket not closed?',
  'several-documents':
    'A second YAML document begins here. An inventory is one document: remove the line "---" or "..." between the two.',
  'yaml-syntax': 'This is not valid YAML: {detail}.',
  'yaml-tab': 'The line is indented with a tab. YAML allows spaces only: replace the tab with spaces.',
  'alias-unknown':
    'The alias *{alias} refers to nothing: no anchor &{alias} comes before it. Define the anchor, or quote the text.',
  'alias-limit':
    'The aliases of this file expand to more than {maximum} copies. Write the values out, or use fewer aliases.',
  'version-missing': 'The file does not say which format it has. Write "version: 1" as its first line.',
  'version-newer':
    'The file has format version {value}, so it was written for a newer KVM Parity; this one reads version {known}. Update KVM Parity.',
  'more-problems': 'There are {more} further problems. Solve the ones that are told first.',
  'key-no-scalar':
    'A key is a list, a map or an alias here, but must be text. Is a quote missing around "[", "{" or "*"?',
  'key-not-text': 'The key {value} is not text, and could be changed in reading. Put it in quotes.',
  'duplicate-key':
    'The key {value} is in this map twice (first in line {first}). Remove or rename one of the two.',
  'unknown-key': 'There is no setting {value} here. Known here: {allowed}.',
  'misspelled-key': 'There is no setting {value} here. Did you mean "{near}"? Known here: {allowed}.',
  'missing-key': '{path} lacks the setting "{key}". Add it.',
  'empty-value': '{path} has no value. Give it {expected}, or remove it.',
  'wrong-type': '{path} is {found}, but must be {expected}.',
  'text-unquoted': '{path} must be text, but {value} without quotes is {found}. Put it in quotes.',
  'wrong-value': '{path} is {value}, but must be one of: {allowed}.',
  'number-too-small': '{path} is {value}, but must be at least {minimum}.',
  'number-too-large': '{path} is {value}, but must be at most {maximum}.',
  'count-invalid': '{path} is {value}, but must be "auto" or a whole number of at least 1.',
  'list-empty': '{path} is an empty list. Add an entry, or remove the key.',
  'text-invalid':
    '{path} is {value}, but must be one line of printable text that does not begin with a space or "-".',
  'path-invalid': '{path} is {value}, but must be an absolute path: one line that begins with "/".',
  'directory-invalid':
    '{path} is {value}, but must be an absolute path below "/" without "..", such as /var/lib/kvm-parity.',
  'domain-invalid':
    '{path} is {value}, but must be a libvirt domain name: printable, without "/", not beginning with a space or "-".',
  'java-option-invalid':
    '{path} is {value}, but must be one option of the JVM on one line, beginning with "-", such as -Xmx20g.',
  'java-options-joined':
    '{path} is {value}, which looks like several options in one. The JVM gets it as a single option; make each an entry of the list.',
  'kernel-option-invalid': '{path} is {value}, but must have the form CONFIG_NAME=y (or =m, =n, =value).',
  'kernel-source-invalid':
    '{path} must name exactly one source: "git" together with "ref", or "tarball", or "packages". Found: {found}.',
  'hugepage-size-invalid': '{path} is {value}, but must be a size such as 2M or 1G.',
  'service-invalid': '{path} is {value}, but must be the name of a service, such as ksmtuned.',
  'hosts-empty': 'No host is named under "hosts", so there is nothing to measure. Add one.',
  'name-invalid':
    'The name {value} cannot be used: a name has at most 64 of the characters A-Z a-z 0-9 . _ - and begins with a letter or digit, because directories are called after it.',
  'name-reserved': 'The name {value} is taken by KVM Parity itself. Choose another.',
  'duplicate-machine':
    'The name {value} is taken by {other}. Every host and guest of the file needs a name of its own, different in more than upper and lower case.',
  'unknown-host': '{path} is {value}, but there is no such host. Hosts of this file: {names}.',
  'unknown-guest': '{path} is {value}, but there is no such guest. Guests to choose from: {names}.',
  'guest-on-other-host':
    '{path} is {value}, a guest of the host "{other}", but the experiment is on "{host}". A guest is compared with the host it runs on. Guests of "{host}": {names}.',
  'guest-local':
    '{path} is "local", but a guest is reached by SSH: only a host can be the machine KVM Parity runs on. Write user@address.',
  'ssh-invalid':
    '{path} is {value}, which is no SSH destination. Possible: {forms}. Anything else belongs into an alias of ~/.ssh/config.',
  'ssh-port-invalid': '{path} is {value}, but its port must be a number from 1 to 65535.',
  'ssh-brackets-missing':
    '{path} is {value}, an IPv6 address without brackets. Write [address] or [address]:port.',
  'ssh-address-missing':
    '{path} is {value}: only a user, so that the address would have to be found through libvirt, but the guest has no "domain". Add "domain: NAME", or write user@address.',
  'ssh-user-is-address':
    '{path} is {value}, an address without a user. Write user@{address}; or the user alone, and the address is found through libvirt.',
  'ssh-user-like-address':
    '{path} is {value}, and is taken as the name of a user, because a single word is. If it is an address, write user@{address}; if it is an alias of ~/.ssh/config, add "via: direct".',
  'workload-not-available':
    'The workload {value} comes with a later version of KVM Parity. This version has: {allowed}.',
  'reboots-not-available':
    '{path} is true, but rebooting before each trial comes with a later version of KVM Parity. Write false or remove it.',
};

/** One line for a terminal: `FILE:LINE:COLUMN: error: …`, the form that editors and CI turn into links. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, severity, reason, path, value = '' } = problem;
  const text = fill(inventoryMessages[reason], { ...problem.data, path: path || 'The file', value });
  return `${file}:${line}:${column}: ${severity}: ${text}`;
}
