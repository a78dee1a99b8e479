// Very many pictures at once: Fashion-MNIST's, in 50 folders, dropped in one go.
//
//   node scale.mjs [--pictures 2500,5000,10000]    70000 is all of them
//
// Told are the seconds to the last features, the longest task of the page's main thread, and the most
// memory of all renderer processes together (PSS). Then a head is trained on all of them.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { trained } from '../tests/e2e/harness.mjs';
import { ROOT, withBrowser } from './browser.mjs';
import { writeFashion } from './fashion.mjs';
import { openGraft } from './graft-page.mjs';
import { megabytes, peakDuring } from './renderers.mjs';
import { record } from './report.mjs';

const { values: options } = parseArgs({ options: { pictures: { type: 'string', default: '2500,5000,10000' } } });
const FOLDERS_PER_CLASS = 5;
const FOLDER = join(ROOT, 'target/bench/scale');
const TIMEOUT_MILLIS = 3_600_000;

const folderOf = (label, number) => `class ${label} part ${number % FOLDERS_PER_CLASS}`;

let chromium;
const rows = [];
for (const numPictures of options.pictures.split(',').map(Number)) {
  const folders = writeFashion(FOLDER, { count: numPictures, folderOf });
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
