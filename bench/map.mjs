// Frames of the map while it is panned and zoomed, and how long it takes to settle.
//
//   node map.mjs [--points 2000,10000] [--frames 240] [--densities 1,2]
import { parseArgs } from 'node:util';
import { join } from 'node:path';
import { build } from '../www/node_modules/vite/dist/node/index.js';
import { ROOT, withBrowser } from './browser.mjs';
import { median, record } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    points: { type: 'string', default: '2000,10000' },
    frames: { type: 'string', default: '240' },
    densities: { type: 'string', default: '1,2' },
  },
});
const list = (text) => text.split(',').map(Number);
const OUT = join(ROOT, 'target/bench/map/');

await build({
  root: join(ROOT, 'bench'), configFile: false, base: './', logLevel: 'warn',
  build: { outDir: OUT, emptyOutDir: true, target: 'es2022', rollupOptions: { input: join(ROOT, 'bench/map.html') } },
  worker: { format: 'es' },
});

function summary(millis) {
  const sorted = [...millis].sort((a, b) => a - b);
  const mean = millis.reduce((sum, value) => sum + value, 0) / millis.length;
  return { framesPerSecond: 1000 / mean, medianMillis: median(millis), slowMillis: sorted[Math.floor(0.95 * sorted.length)] };
}

await withBrowser(async (browser, origin) => {
  const rows = [];
  for (const density of list(options.densities)) {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, deviceScaleFactor: density });
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error(String(error)));
    await page.goto(`${origin}/map/map.html`);
    await page.waitForFunction('window.measure');
    for (const numPoints of list(options.points)) {
      await page.evaluate((num) => window.make(num), numPoints);
      const { first, seconds } = await page.evaluate(() => window.settle());
      for (const move of ['pan', 'zoom', 'pictures']) {
        await page.evaluate((name) => window.measure(name, 60), move);
        const millis = await page.evaluate(([name, num]) => window.measure(name, num), [move, Number(options.frames)]);
        rows.push({ numPoints, density, move, ...summary(millis), firstSeconds: first, settledSeconds: seconds });
      }
    }
    await context.close();
  }
  console.table(rows);
  record('map', { canvas: '1100 × 600', rows }, browser);
}, { places: { '/map/': OUT } });
