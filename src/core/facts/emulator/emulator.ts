import { understood, type Answers } from '../answers.ts';
import { notUnderstood } from '../error.ts';
import { unavailable, valueOf, type Fact } from '../fact.ts';
import { filledLines } from '../lines.ts';
import type { FactSpec } from '../spec.ts';

/** Where the path of the emulator was learnt: of the domain's process, of its XML, or where distributions put it. */
export type EmulatorSource = 'process' | 'domain-xml' | 'installed';

/** The program that runs, or would run, the guest (recipe 1.4). */
export type Emulator = {
  readonly path: string;
  readonly source: EmulatorSource;
  /** The file was replaced since the process started: what runs is not what lies there. */
  readonly replaced: boolean;
  readonly version: string;
  readonly versionText: string;
  readonly sha256: string | null;
  /** Package that the file belongs to; `built` where no package owns it; null where no package manager was asked. */
  readonly owner: string | null;
};

/** `QEMU emulator version 7.2.22 (Debian …)`; old ones have no blank before the parenthesis. */
export function parseQemuVersion(text: string): { readonly version: string; readonly text: string } {
  const lines = filledLines(text);
  const line = lines.find((one) => /emulator version \d/.test(one.text));
  const version = /emulator version (\d+(?:\.\d+)+[^\s(,]*)/.exec(line?.text ?? '')?.[1];
  if (line === undefined || version === undefined) {
    const expected = '"QEMU emulator version NUMBER"';
    throw notUnderstood({ kind: 'qemu-version', line: 1, found: lines[0]?.text ?? '', expected });
  }
  return { version, text: line.text.trim() };
}

const VERSION = /^(\/\S*|qemu-\S+) --version$/;

function readEmulator(answers: Answers): Fact<Emulator> {
  const process = answers.output(/^readlink \/proc\/\d+\/exe$/);
  const xml = answers.output(/^virsh (?:-r )?dumpxml .* \| sed -n 's:\.\*<emulator>/);
  const capture = answers.capture(VERSION);
  const version = answers.output(VERSION);
  const hash = answers.output(/^sha256sum \/\S+$/);
  const owner = ownerOf(answers);
  if (capture === undefined) return unavailable('not-asked', 'it was not asked for');
  const running = valueOf(process)?.trim() ?? '';
  const defined = valueOf(xml)?.trim() ?? '';
  const asked = VERSION.exec(capture.command)?.[1] ?? '';
  const source: EmulatorSource = running !== '' ? 'process' : defined !== '' ? 'domain-xml' : 'installed';
  const path = running || defined || asked;
  return understood(version, (text) => {
    const parsed = parseQemuVersion(text);
    return {
      path: path.replace(/ \(deleted\)$/, ''),
      source,
      replaced: path.endsWith(' (deleted)'),
      version: parsed.version,
      versionText: parsed.text,
      sha256: /^\\?([0-9a-f]{64})\s/.exec(valueOf(hash) ?? '')?.[1] ?? null,
      owner,
    };
  });
}

/** What rpm or dpkg says of the file. */
function ownerOf(answers: Answers): string | null {
  const rpm = answers.capture(/^rpm -qf \/\S+$/);
  const dpkg = answers.capture(/^dpkg-query -S \/\S+$/, /^dpkg -S \/\S+$/);
  const packaged =
    rpm?.exitStatus === 0 ? rpm.output : dpkg?.exitStatus === 0 ? dpkg.output.split(': ')[0] : undefined;
  const name = packaged?.trim().split('\n')[0];
  if (name !== undefined && name !== '') return name;
  const texts = [rpm, dpkg].flatMap((one) => (one === undefined ? [] : [`${one.output}\n${one.errors}`]));
  return texts.some((text) => /is not owned by any package|no path found matching pattern/.test(text))
    ? 'built'
    : null;
}

export const emulator: FactSpec<Emulator> = {
  read: readEmulator,
  keys: ['emulator.path', 'emulator.version', 'emulator.sha256', 'emulator.owner'],
  summarise: ({ path, replaced, version, sha256, owner }) => [
    ['emulator.path', replaced ? `${path} (replaced since it was started)` : path],
    ['emulator.version', version],
    ['emulator.sha256', sha256],
    ['emulator.owner', owner],
  ],
};

/** One installed package about QEMU. */
export type Package = { readonly name: string; readonly version: string };

/** Lines of `rpm -qa`: name-version-release.architecture. */
function parseRpm(text: string): readonly Package[] {
  return filledLines(text).map(({ number, text: found }) => {
    const match = /^(\S+?)-([^-\s]+(?:-[^-\s]+)?)$/.exec(found.trim());
    const full = /^(\S+)-([^-\s]+-[^-\s]+)$/.exec(found.trim()) ?? match;
    if (full?.[1] === undefined || full[2] === undefined) {
      throw notUnderstood({
        kind: 'rpm-qa',
        line: number,
        found,
        expected: 'name-version-release.architecture',
      });
    }
    return { name: full[1], version: full[2] };
  });
}

/** Lines of `dpkg-query -W` (name, tab, version; none where it is only known) or of `dpkg -l` (state first). */
function parseDpkg(text: string): readonly Package[] {
  return filledLines(text).flatMap(({ text: found }) => {
    const [first = '', second = '', third = ''] = found.split(/\s+/);
    if (found.includes('\t')) return second === '' ? [] : [{ name: first, version: second }];
    return /^[hi]i$/.test(first) ? [{ name: second, version: third }] : [];
  });
}

export const qemuPackages: FactSpec<readonly Package[]> = {
  read: (answers) => {
    const rpm = understood(answers.output(/^rpm -qa (?:'\*qemu\*'|\| grep (?:-i )?qemu)$/), parseRpm);
    const dpkg = understood(
      answers.output(/^dpkg-query -W '\*qemu\*'$/, /^dpkg -l \| grep (?:-i )?qemu$/),
      parseDpkg,
    );
    return rpm.state === 'known' && (rpm.value.length > 0 || dpkg.state === 'unavailable')
      ? rpm
      : dpkg.state === 'known' || rpm.state === 'known' || rpm.why === 'not-asked'
        ? dpkg
        : rpm;
  },
  keys: ['packages.qemu'],
  summarise: (packages) => [
    ['packages.qemu', packages.map(({ name, version }) => `${name} ${version}`).join(', ') || 'none'],
  ],
};
