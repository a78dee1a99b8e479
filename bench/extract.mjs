// Our two WebAssembly builds against TensorFlow.js and onnxruntime-web: one Chromium, one thread,
// the same weights, pass by pass in turn, so that whatever else the machine does hits all alike.
//
//   npm run extract -- [--rounds 12] [--engines simd128,relaxed,tfjs,ort]
//                      [--backbones efficientnet-lite0,mobilenet-v2] [--batches 1,8]
import { parseArgs } from 'node:util';
import { open, withBrowser } from './browser.mjs';
import { median, record } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '12' },
    engines: { type: 'string', default: 'simd128,relaxed,tfjs,ort' },
    backbones: { type: 'string', default: 'efficientnet-lite0,mobilenet-v2' },
    batches: { type: 'string', default: '1,8' },
  },
});
const names = options.engines.split(','), backbones = options.backbones.split(',');
const rounds = Number(options.rounds), batches = options.batches.split(',').map(Number);

async function measure(page, backbone, size) {
  const millis = Object.fromEntries(names.map((name) => [name, []]));
  const pass = (name) => page.evaluate((args) => pass(...args), [name, backbone, size]);
  const warm = size === 1 ? 20 : 3; // V8 replaces its first compilation bit by bit
  for (let round = -warm; round < rounds; round++) {
    for (const name of names) {
      const time = await pass(name);
      if (round >= 0) millis[name].push(time);
    }
  }
  return millis;
}

function summarize({ backbone, batch, millis, differences }) {
  const perImage = (of, times) => of(times) / batch;
  const best = (times) => Math.min(...times);
  const engines = Object.entries(millis).map(([name, times]) => [name, {
    medianMillis: perImage(median, times),
    bestMillis: perImage(best, times),
    medianSpeedup: millis.tfjs ? median(millis.tfjs) / median(times) : null,
    bestSpeedup: millis.tfjs ? best(millis.tfjs) / best(times) : null,
    relativeDifference: differences[name] ?? null,
  }]);
  return { backbone, batch, rounds, engines: Object.fromEntries(engines) };
}

function print({ backbone, batch, engines }) {
  console.log(`\n${backbone}, batch ${batch}: ms per image (speed-up over tf.js), features' difference`);
  for (const [name, row] of Object.entries(engines)) {
    const column = (millis, speedup) =>
      `${millis.toFixed(1).padStart(6)} (${speedup === null ? '-' : `×${speedup.toFixed(2)}`})`;
    console.log(
      `  ${name.padEnd(8)} median ${column(row.medianMillis, row.medianSpeedup)}`,
      ` best ${column(row.bestMillis, row.bestSpeedup)}`,
      ` ${row.relativeDifference?.toExponential(1) ?? ''}`,
    );
  }
}

await withBrowser(async (browser, origin) => {
  const page = await open(browser, `${origin}/bench/extract.html`);
  await page.waitForFunction('window.ready');
  const results = [];
  for (const backbone of backbones) {
    for (const name of names) await page.evaluate((args) => load(...args), [name, backbone]);
    for (const batch of batches) {
      const millis = await measure(page, backbone, batch);
      const differences = {};
      for (const name of names.filter((name) => name !== 'tfjs' && names.includes('tfjs'))) {
        differences[name] = await page.evaluate((args) => difference(...args), [backbone, name, 'tfjs']);
      }
      results.push({ backbone, batch, millis, differences });
    }
  }
  const summary = results.map(summarize);
  summary.forEach(print);
  record('extract', { summary }, browser);
});
