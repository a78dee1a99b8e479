// Training a head on kept features: ours to its optimum, Teachable Machine's own code, and softmax
// regression in tf.js; one Chromium, one thread each, on the same rows.
//
//   node head.mjs [--counts 500,5000] [--rounds 5] [--cap 60]
//
// A peer is stopped after `cap` seconds; its time for all epochs then follows from those it did.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { open, ROOT, withBrowser } from './browser.mjs';
import { median, record } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    counts: { type: 'string', default: '500,5000' },
    rounds: { type: 'string', default: '5' },
    cap: { type: 'string', default: '60' },
  },
});
const counts = options.counts.split(',').map(Number), rounds = Number(options.rounds), cap = Number(options.cap);
const OURS = 'graft', PEERS = ['teachable', 'softmax'];
const places = {
  '/head/head.wasm': join(ROOT, 'target/bench/head.wasm'),
};

const seconds = (value) => value.toFixed(value < 10 ? 2 : 0);

function print({ count, engines }) {
  console.log(`\n${count} × 1280, 10 classes: seconds, against ours, epochs or steps, objective, gradient norm`);
  for (const [name, row] of Object.entries(engines)) {
    console.log(
      `  ${name.padEnd(10)} ${seconds(row.seconds).padStart(6)}${row.extrapolated ? '*' : ' '}`,
      `×${(row.seconds / engines[OURS].seconds).toFixed(1).padEnd(6)} ${String(row.epochs).padStart(3)}`,
      ` ${row.objective?.toFixed(6) ?? '-'}  ${row.gradientNorm?.toExponential(1) ?? '-'}`,
    );
  }
}

await withBrowser(async (browser, origin) => {
  const summary = [];
  for (const count of counts) {
    const engines = {};
    const train = async (name) => {
      // A page each: what one engine leaves in memory is not the other's trouble.
      const page = await open(browser, `${origin}/bench/head.html`);
      await page.waitForFunction('window.ready');
      await page.evaluate((args) => load(...args), [name, count]);
      const results = [];
      for (let round = 0; round < (name === OURS ? rounds : 1); round++) {
        results.push(await page.evaluate((args) => train(...args), [name, count, cap]));
      }
      await page.context().close();
      const times = results.map((result) => result.seconds);
      return { ...results.at(-1), seconds: median(times), bestSeconds: Math.min(...times) };
    };
    for (const name of [OURS, ...PEERS]) engines[name] = await train(name);
    summary.push({ count, engines });
    print(summary.at(-1));
  }
  record('head', { summary }, browser);
  console.log('\n* extrapolated from the epochs done in the time allowed');
}, { places });
