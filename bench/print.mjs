// How results look to people, and on which machine they were found.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release } from 'node:os';

function firstLine(text) {
  return text.trim().split('\n')[0] ?? '';
}

/** What a number cannot be read without. */
export function machineOf() {
  const os = /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  return {
    at: new Date().toISOString(),
    cpus: availableParallelism(),
    model: cpus()[0]?.model ?? 'unknown',
    os,
    kernel: release(),
    node: process.version,
    ssh: firstLine(execFileSync('sh', ['-c', 'ssh -V 2>&1'], { encoding: 'utf8' })),
    load: loadavg()[0],
  };
}

export function machineText({ at, cpus: count, model, os, kernel, node, ssh, load }) {
  return `${at}: ${count} CPUs (${model}), ${os}, Linux ${kernel}, Node ${node}, ${ssh}; load ${load.toFixed(1)} before`;
}

function number(value) {
  if (value === 0) return '0';
  return value.toFixed(Math.abs(value) < 10 ? 2 : Math.abs(value) < 100 ? 1 : 0);
}

function quantity(value, unit) {
  return unit === '' ? number(value) : `${number(value)} ${unit}`;
}

function line(label, value, rest) {
  return `  ${label.padEnd(58)} ${value.padStart(12)}  ${rest}`.trimEnd();
}

function spread({ median, samples }) {
  if (samples.length < 2) return '';
  const [least, most] = [Math.min(...samples), Math.max(...samples)];
  return least === median && most === median
    ? `${samples.length} rounds`
    : `${number(least)} … ${number(most)}, ${samples.length} rounds`;
}

/** Rows with median and range, ratios, and promises with their verdict. */
export function resultText(name, { title, rows, ratios, claims }) {
  return [
    `${name}: ${title}`,
    ...rows.map((row) => line(row.what, quantity(row.median, row.unit), spread(row))),
    ...ratios.map(({ what, value }) => line(`ratio: ${what}`, `${number(value)} ×`, '')),
    ...claims.map(({ what, value, limit, unit, kept }) =>
      line(
        `promise: ${what}`,
        quantity(value, unit),
        `≤ ${limit}${unit === '' ? '' : ` ${unit}`}  ${kept ? 'ok' : 'missed'}`,
      ),
    ),
  ].join('\n');
}
