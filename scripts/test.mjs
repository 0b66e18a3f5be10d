// npm test: sets everything up, then every check and suite, then one line with the sum.
// Plain JavaScript without dependencies: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = new URL('..', import.meta.url).pathname;
process.chdir(root);

/** Debian packages by a command that each brings. */
const packages = {
  '/usr/sbin/sshd': 'openssh-server',
  ssh: 'openssh-client',
  'ssh-agent': 'openssh-client',
  javac: 'openjdk-17-jdk-headless',
  jar: 'openjdk-17-jdk-headless',
  shellcheck: 'shellcheck',
  sudo: 'sudo',
  fish: 'fish',
  zsh: 'zsh',
  nc: 'netcat-openbsd',
  setsid: 'util-linux',
  ps: 'procps',
  git: 'git',
};

const say = (text) => process.stdout.write(`${text}\n`);

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error) say(`${command}: ${error.message}`);
  return status === 0;
}

const isThere = (command) =>
  command.startsWith('/')
    ? existsSync(command)
    : spawnSync('sh', ['-c', `command -v "$1"`, 'sh', command]).status === 0;

function installPackages() {
  const missing = [
    ...new Set(
      Object.entries(packages)
        .filter(([command]) => !isThere(command))
        .map(([, name]) => name),
    ),
  ];
  if (missing.length === 0) return true;
  say(`Missing: ${missing.join(' ')}`);
  const isRoot = process.getuid?.() === 0;
  if (!isThere('apt-get') || !(isRoot || isThere('sudo'))) {
    say(`Install these with your package manager, then run npm test again.`);
    return false;
  }
  const asRoot = (...words) => (isRoot ? run(words[0], words.slice(1)) : run('sudo', words));
  const install = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '-y', '-q', ...missing];
  return asRoot('apt-get', 'update', '-q') && asRoot(...install);
}

function installModules() {
  const stamp = 'node_modules/.package-lock.json';
  const fresh = existsSync(stamp) && statSync(stamp).mtimeMs >= statSync('package-lock.json').mtimeMs;
  return fresh || run('npm', ['ci']);
}

const totals = { passed: 0, failed: 0, skipped: 0 };

/** One thing that either holds or not. */
function check(name, command, args) {
  say(`\n── ${name}`);
  if (run(command, args)) totals.passed += 1;
  else {
    totals.failed += 1;
    say(`── ${name}: FAILED`);
  }
}

/** A vitest project; its own counts are added. */
function suite(name) {
  say(`\n── ${name} tests`);
  const directory = mkdtempSync(join(tmpdir(), 'kvm-parity-test-'));
  const report = join(directory, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const passed = run('npx', ['vitest', 'run', '--project', name, ...reporters]);
  let counts;
  try {
    counts = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    counts = { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0 };
  }
  rmSync(directory, { recursive: true });
  totals.passed += counts.numPassedTests;
  totals.skipped += counts.numPendingTests;
  // A suite that could not even be loaded has no failed test, but has failed.
  totals.failed += passed ? 0 : Math.max(1, counts.numFailedTests);
}

function shellScripts() {
  const { stdout } = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '*.sh', '.ci/run'], {
    encoding: 'utf8',
  });
  return stdout.split('\n').filter((name) => name !== '' && existsSync(name));
}

if (!installPackages() || !installModules()) {
  say('0 passed, 1 failed');
  process.exit(1);
}
check('prettier', 'npx', ['prettier', '--check', '--log-level=warn', '.']);
check('types', 'npx', ['tsc', '--noEmit']);
check('types of the webviews', 'npx', ['tsc', '--noEmit', '-p', 'webviews']);
check('eslint', 'npx', ['eslint', '.']);
check('knip', 'npx', ['knip']);
check('shellcheck', 'shellcheck', ['-s', 'sh', ...shellScripts()]);
check('build', 'node', ['esbuild.mjs']);
suite('unit');
suite('contract');

const { passed, failed, skipped } = totals;
say(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 ? 0 : 1;
