// WebGPU: ours against TensorFlow.js and onnxruntime-web, the same weights, one Chromium, each
// engine in a page of its own. Where there is no GPU Chromium's SwiftShader stands in for it:
// then milliseconds compare how much work the engines make, not how a GPU would do it, while the
// counts of dispatches and submits are what they are anywhere.
//
//   node webgpu.mjs [--passes 3] [--engines graft,tfjs,ort] [--backbone efficientnet-lite0]
//                 [--batches 1,8] [--args "--enable-unsafe-webgpu --enable-features=Vulkan"]
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { open, ROOT, withBrowser } from './browser.mjs';
import { median, record } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    passes: { type: 'string', default: '3' },
    engines: { type: 'string', default: 'graft,tfjs,ort' },
    backbone: { type: 'string', default: 'efficientnet-lite0' },
    batches: { type: 'string', default: '1,8' },
    args: { type: 'string', default: '--enable-unsafe-webgpu --use-webgpu-adapter=swiftshader' },
  },
});
const { backbone } = options, numPasses = Number(options.passes);
const engines = options.engines.split(','), batches = options.batches.split(',').map(Number);
const PLACES = { '/bench-gpu/': join(ROOT, 'target/bench/gpu/') };
/** A peer's pass takes this long before larger batches are left out. */
const PATIENCE = 60_000;

/** One engine: from an empty page to its first image, then some passes of each batch size. */
async function measure(browser, origin, name) {
  const page = await open(browser, `${origin}/bench/webgpu.html`);
  await page.waitForFunction('window.ready');
  const first = await page.evaluate((args) => window.first(...args), [name, backbone]);
  const sizes = [];
  for (const size of batches) {
    if (size > 1 && sizes[0].passes.at(-1).millis * size > PATIENCE) continue;
    const passes = [];
    for (let i = 0; i < numPasses + (size > 1); i++) passes.push(await page.evaluate((n) => window.pass(n), size));
    // The first pass of a larger batch allocates.
    sizes.push({ size, passes: passes.slice(size > 1 ? 1 : 0) });
  }
  await page.context().close();
  return { name, first, sizes };
}

/** Largest difference between two engines' features of an image, relative to the largest. */
function difference(found, expected) {
  const differences = expected.map((value, at) => Math.abs(value - found[at]));
  return Math.max(...differences) / Math.max(...expected);
}

function summarize({ name, first, sizes }, reference) {
  const batches = sizes.map(({ size, passes }) => ({
    size,
    ...passes.at(-1).counts,
    millisPerImage: median(passes.map((pass) => pass.millis)) / size,
    memory: passes.at(-1).memory,
  }));
  return {
    name,
    firstMillis: first.firstMillis,
    shaders: first.counts.shaders,
    relativeDifference: difference(first.features, reference),
    batches,
  };
}

function print(rows) {
  console.log(`\n${backbone} on WebGPU (${options.args})`);
  console.log('engine  batch  dispatches  submits  uploads  first image s  ms/image  difference');
  for (const { name, firstMillis, relativeDifference, batches } of rows) {
    for (const { size, dispatches, submits, uploads, millisPerImage } of batches) {
      console.log([
        name.padEnd(6), String(size).padStart(6), String(dispatches).padStart(11), String(submits).padStart(8),
        String(uploads).padStart(8), (firstMillis / 1000).toFixed(1).padStart(14),
        millisPerImage.toFixed(0).padStart(9), relativeDifference.toExponential(1).padStart(11),
      ].join(' '));
    }
  }
}

await withBrowser(async (browser, origin) => {
  const results = [];
  for (const name of engines) results.push(await measure(browser, origin, name));
  const reference = results.find(({ name }) => name === 'tfjs') ?? results[0];
  const rows = results.map((result) => summarize(result, reference.first.features));
  print(rows);
  record('webgpu', { backbone, args: options.args, engines: rows }, browser);
}, { args: options.args.split(' '), places: PLACES });
