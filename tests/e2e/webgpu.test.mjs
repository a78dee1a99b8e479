// The backbone on WebGPU as bench/gpu.rs exposes it: how much it asks of the device, whether a
// batch gives what single images give, and whether its memory stays as it is.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { start } from './harness.mjs';

/** As many images as the session puts in a batch. */
const BATCH = 8;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILES = {
  'bench_gpu.js': 'target/bench/gpu/bench_gpu.js',
  'bench_gpu_bg.wasm': 'target/bench/gpu/bench_gpu_bg.wasm',
  'gpu-counts.js': 'bench/gpu-counts.js',
};
let graft;
before(async () => (graft = await start()));
after(() => graft?.close());

/** A page with `window.features(sizes of batches)` for images of this size. */
async function openGpu(size) {
  const page = await graft.visit();
  for (const [name, path] of Object.entries(FILES)) {
    const body = await readFile(ROOT + path);
    const contentType = name.endsWith('.js') ? 'text/javascript' : 'application/wasm';
    await page.route(`**/gpu/${name}`, (route) => route.fulfill({ body, contentType }));
  }
  await page.evaluate(async (size) => {
    const here = new URL('gpu/', location.href);
    const { takeCounts } = await import(new URL('gpu-counts.js', here));
    const { default: load, Gpu } = await import(new URL('bench_gpu.js', here));
    await load();
    const weights = await fetch(new URL('weights/efficientnet-lite0.safetensors', location.href));
    // Fails unless a known image's features are the CPU kernels'.
    const gpu = await Gpu.create(new Uint8Array(await weights.arrayBuffer()), size);
    const image = (index) =>
      Array.from({ length: size * size * 3 }, (_, at) => ((at >> 4) * (index + 3)) ^ (at % (7 + index)));
    /** Images `first`, `first + 1`, … in one batch. */
    window.batch = async (first, count) => {
      const images = Array.from({ length: count }, (_, index) => image(first + index));
      takeCounts();
      const features = await gpu.features(Uint8Array.from(images.flat()));
      return { features: Array.from(features), counts: takeCounts(), memory: Array.from(gpu.memory()) };
    };
  }, size);
  return page;
}

test('a batch is at most 60 dispatches, 2 submits and 1 upload, and gives what single images give', { timeout: 300_000 }, async () => {
  const page = await openGpu(224);
  const run = (first, count) => page.evaluate((args) => window.batch(...args), [first, count]);
  const batch = await run(0, BATCH);
  const width = batch.features.length / BATCH;
  for (const index of [0, BATCH - 1]) {
    const { features } = await run(index, 1);
    const row = batch.features.slice(index * width, (index + 1) * width);
    const largest = Math.max(...features);
    assert.ok(features.every((value, at) => Math.abs(value - row[at]) <= 1e-5 * largest), `image ${index}`);
  }
  // CubeCL uploads a launch's sizes twice before it keeps them.
  for (const count of [BATCH, BATCH, 1]) {
    const { features, counts } = await run(0, count);
    if (count === BATCH) assert.deepEqual(features, batch.features);
    assert.ok(counts.dispatches > 0 && counts.dispatches <= 60, `${counts.dispatches} dispatches`);
    assert.ok(counts.submits > 0 && counts.submits <= 2, `${counts.submits} submits`);
    if (count === 1) assert.equal(counts.uploads, 1);
  }
  await page.context().close();
});

test('memory stays as it is over a hundred batches', { timeout: 300_000 }, async () => {
  const page = await openGpu(32);
  const run = (count) => page.evaluate((count) => window.batch(1, count), count);
  await run(BATCH);
  const early = await run(1);
  const buffers = [];
  for (let i = 0; i < 100; i++) {
    const { counts, memory } = await run(i % 3 === 0 ? 1 : BATCH);
    assert.deepEqual(memory, early.memory, `batch ${i}: bytes in use and reserved`);
    buffers.push(counts.buffers);
  }
  assert.deepEqual(buffers.filter((made) => made > 0), [], 'no new GPU buffers');
  await page.context().close();
});
