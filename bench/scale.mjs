// Very many pictures at once: Fashion-MNIST's, in 50 folders, dropped in one go.
//
//   node scale.mjs [--pictures 2500,5000,10000]    70000 is all of them
//
// Told are the seconds to the last features, the longest task of the page's main thread, and the most
// memory of all renderer processes together (PSS). Then a head is trained on all of them.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { trained } from '../tests/e2e/harness.mjs';
import { GRAY, png } from '../tests/e2e/png.mjs';
import { ROOT, withBrowser } from './browser.mjs';
import { openGraft } from './graft-page.mjs';
import { peakDuring, renderers } from './renderers.mjs';
import { record } from './report.mjs';

const { values: options } = parseArgs({ options: { pictures: { type: 'string', default: '2500,5000,10000' } } });
/** Debian's dataset-fashion-mnist: 60,000 and 10,000 pictures of 28 × 28. */
const FASHION = '/usr/share/datasets/fashion-mnist';
const SIDE = 28, HEADER = 16, FOLDERS_PER_CLASS = 5;
const FOLDER = join(ROOT, 'target/bench/scale');
const TIMEOUT_MILLIS = 3_600_000;

const idx = (name) => gunzipSync(readFileSync(join(FASHION, name)));
const parts = [['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz'], ['t10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz']];

/** Writes so many pictures into 50 folders; returns the folders. */
function writePictures(numPictures) {
  rmSync(FOLDER, { recursive: true, force: true });
  const folders = new Set();
  let written = 0;
  for (const [images, labels] of parts.map((part) => part.map(idx))) {
    for (let index = 0; index < labels.length - 8 && written < numPictures; index++, written++) {
      const folder = join(FOLDER, `class ${labels[8 + index]} part ${written % FOLDERS_PER_CLASS}`);
      if (!folders.has(folder)) mkdirSync(folder, { recursive: true });
      folders.add(folder);
      const start = HEADER + index * SIDE * SIDE;
      writeFileSync(join(folder, `${written}.png`), grayPng(images.subarray(start, start + SIDE * SIDE)));
    }
  }
  return [...folders].sort();
}

function grayPng(pixels) {
  const rows = Buffer.alloc(SIDE * (SIDE + 1)); // each row begins with its filter: none
  for (let row = 0; row < SIDE; row++) rows.set(pixels.subarray(row * SIDE, (row + 1) * SIDE), row * (SIDE + 1) + 1);
  return png(SIDE, SIDE, GRAY, rows);
}

/** Of all renderers together. */
const megabytes = async (browser) => (await renderers(browser)).reduce((sum, size) => sum + size, 0);

let chromium;
const rows = [];
for (const numPictures of options.pictures.split(',').map(Number)) {
  const folders = writePictures(numPictures);
  rows.push(await withBrowser(async (browser, origin) => {
    chromium = browser.version();
    const page = await openGraft(browser, origin);
    await page.page.evaluate(() => {
      window.longest = 0;
      new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) window.longest = Math.max(window.longest, duration);
      }).observe({ type: 'longtask' });
    });
    const work = async () => {
      const { seconds } = await page.read(folders, numPictures, TIMEOUT_MILLIS);
      const start = performance.now();
      await trained(page.page, TIMEOUT_MILLIS);
      const trainSeconds = (performance.now() - start) / 1e3;
      return { seconds, trainSeconds, accuracy: await page.page.innerText('[data-testid=accuracy]') };
    };
    const { peak, result } = await peakDuring(() => megabytes(browser), work());
    const longestTaskMillis = await page.page.evaluate(() => window.longest);
    return { numPictures, numClasses: folders.length, ...result, longestTaskMillis, peakMegabytes: peak };
  }));
  console.table(rows);
}
record('scale', { rows }, { version: () => chromium });
rmSync(FOLDER, { recursive: true, force: true });
