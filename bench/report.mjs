// A benchmark's numbers in, bench/results.json out: one section a benchmark, with date and machine.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

const FILE = new URL('results.json', import.meta.url);

/** Replaces the section of this name. `data` is what was measured, plain JSON. */
export function record(section, data, browser) {
  const results = JSON.parse(readFileSync(FILE, 'utf8'));
  results[section] = {
    when: new Date().toISOString(),
    machine: { cpu: cpus()[0].model, cores: cpus().length, load: loadavg()[0], chromium: browser?.version() },
    ...data,
  };
  writeFileSync(FILE, JSON.stringify(results, null, 2) + '\n');
}

export const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};
