// Our two WebAssembly builds against TensorFlow.js and onnxruntime-web: one Chromium, one thread,
// the same weights, pass by pass in turn, so that whatever else the machine does hits all alike.
//
//   npm run extract -- [--rounds 12] [--engines simd128,relaxed,tfjs,ort]
//                      [--backbones efficientnet-lite0,mobilenet-v2] [--batches 1,8]
import { createServer } from 'node:http';
import { createReadStream, existsSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '12' },
    engines: { type: 'string', default: 'simd128,relaxed,tfjs,ort' },
    backbones: { type: 'string', default: 'efficientnet-lite0,mobilenet-v2' },
    batches: { type: 'string', default: '1,8' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
});
const names = options.engines.split(','), backbones = options.backbones.split(',');
const rounds = Number(options.rounds), batches = options.batches.split(',').map(Number);
const here = dirname(fileURLToPath(import.meta.url)), root = join(here, '..');

// URL prefixes and the files behind them.
const release = 'wasm32-unknown-unknown/release/examples/bench_kernel.wasm';
const places = {
  '/kernel/simd128.wasm': join(root, 'target', release),
  '/kernel/relaxed.wasm': join(root, 'target/relaxed', release),
  '/weights/': join(root, 'www/public/weights/'),
  '/onnx/': join(root, 'target/onnx/'),
  '/bench/': here + '/',
};
const types = {
  '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript',
  '.wasm': 'application/wasm', '.json': 'application/json',
};

function serve(request, response) {
  const path = normalize(new URL(request.url, 'http://localhost').pathname);
  const prefix = Object.keys(places).find((place) => path.startsWith(place));
  const file = prefix && places[prefix] + path.slice(prefix.length);
  if (!file || !existsSync(file) || statSync(file).isDirectory()) {
    if (!path.includes('favicon')) console.error(`not found: ${path}`);
    return response.writeHead(404).end();
  }
  const type = types[extname(file)] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-type': type, 'content-length': statSync(file).size });
  createReadStream(file).pipe(response);
}

async function measure(page, backbone, size) {
  const millis = Object.fromEntries(names.map((name) => [name, []]));
  const pass = (name) => page.evaluate((args) => pass(...args), [name, backbone, size]);
  const warm = size === 1 ? 6 : 1; // V8 replaces its first compilation after a few passes
  for (let round = -warm; round < rounds; round++) {
    for (const name of names) {
      const time = await pass(name);
      if (round >= 0) millis[name].push(time);
    }
  }
  return millis;
}

const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};

function tabulate(results) {
  const peer = 'tfjs';
  for (const { backbone, batch, millis, differences } of results) {
    console.log(`\n${backbone}, batch ${batch}: ms per image`);
    for (const [name, times] of Object.entries(millis)) {
      const mid = median(times) / batch, best = Math.min(...times) / batch;
      const ratio = (of) => (millis[peer] ? (of(millis[peer]) / batch).toFixed(1) : '-');
      const times_ = millis[peer]
        ? `×${(median(millis[peer]) / batch / mid).toFixed(2)} ×${(Math.min(...millis[peer]) / batch / best).toFixed(2)}`
        : '';
      const difference = differences[name]?.toExponential(1) ?? '';
      console.log(`  ${name.padEnd(8)} median ${mid.toFixed(1).padStart(6)}  best ${best.toFixed(1).padStart(6)}  ${times_}  ${difference}`);
    }
  }
}

const server = createServer(serve).listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const browser = await chromium.launch({
  executablePath: options.chromium,
  args: [
    '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
  ],
});
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(String(error)));
  await page.goto(`http://localhost:${server.address().port}/bench/extract.html`);
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
  tabulate(results);
  const machine = { cpu: cpus()[0].model, cores: cpus().length, load: loadavg()[0], chromium: browser.version() };
  const summary = results.map(({ backbone, batch, millis, differences }) => ({
    backbone, batch, rounds,
    engines: Object.fromEntries(Object.entries(millis).map(([name, times]) => [name, {
      medianMillisPerImage: median(times) / batch,
      bestMillisPerImage: Math.min(...times) / batch,
      relativeDifferenceToTfjs: differences[name] ?? null,
    }])),
  }));
  writeFileSync(join(here, 'results.json'), JSON.stringify({ when: new Date().toISOString(), machine, summary }, null, 2) + '\n');
} finally {
  await browser.close();
  server.close();
}
