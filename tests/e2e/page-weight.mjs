// What a first visit fetches, as a static host sends it: compressed with brotli. The pretrained
// weights don't count; they are data, and hardly compress.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { ready, start } from './harness.mjs';

/** Level 11, which hosts use for files compressed ahead, makes a tenth less and takes minutes. */
export const QUALITY = 9;

/** Budgets in bytes, from the project's goals. */
export const BUDGET = { cpu: 2.5e6, gpuMore: 4e6 };

/** The bytes of each device's first visit, file by file. */
export async function pageWeight() {
  const cpu = await sizes(await fetchedWith('cpu'));
  const gpu = await sizes(await fetchedWith('webgpu'));
  return { cpu: { files: cpu, total: total(cpu) }, gpu: { files: gpu, total: total(gpu) } };
}

/** The browser itself says what it needs: everything it fetched until the page took commands. */
async function fetchedWith(device) {
  const graft = await start();
  try {
    const page = await graft.visit({ query: `?device=${device}` });
    await ready(page, 240_000);
    // The extractors start last; the script of the module they compute with is their last file.
    const isLast = (path) => /^extractor-.*\.js$/.test(basename(path));
    while (![...graft.served].some(isLast)) await pause(50);
    return [...graft.served].filter((path) => !path.endsWith('.safetensors'));
  } finally {
    await graft.close();
  }
}

async function sizes(paths) {
  const compress = promisify(brotliCompress);
  const entries = paths.map(async (path) => {
    const bytes = await readFile(path);
    const params = { [constants.BROTLI_PARAM_QUALITY]: QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
    return [basename(path), (await compress(bytes, { params })).length];
  });
  return Object.fromEntries((await Promise.all(entries)).sort(([, a], [, b]) => b - a));
}

function total(files) {
  return Object.values(files).reduce((a, b) => a + b, 0);
}
