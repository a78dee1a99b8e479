// A trained model asked about very many pictures at once: seconds, and what memory does meanwhile.
//
//   node batch.mjs [--pictures 5000]
//
// Told is the memory of all renderer processes together (PSS) before the first answer, at a tenth of them
// and when all are there: nothing of a picture should be kept but its answer.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drop, trained } from '../tests/e2e/harness.mjs';
import { ROOT, withBrowser } from './browser.mjs';
import { writeFashion } from './fashion.mjs';
import { openGraft } from './graft-page.mjs';
import { megabytes, peakDuring } from './renderers.mjs';
import { record } from './report.mjs';

const { values: options } = parseArgs({ options: { pictures: { type: 'string', default: '5000' } } });
const numPictures = Number(options.pictures);
const NUM_LEARNED = 200;
const TIMEOUT_MILLIS = 1_800_000;
const FOLDER = join(ROOT, 'target/bench/batch');

const learned = writeFashion(join(FOLDER, 'learned'), { count: NUM_LEARNED, folderOf: (label) => `class ${label}` });
const [asked] = writeFashion(join(FOLDER, 'asked'), { first: NUM_LEARNED, count: numPictures, folderOf: () => 'all' });

let chromium;
const row = await withBrowser(async (browser, origin) => {
  chromium = browser.version();
  const { page, read } = await openGraft(browser, origin);
  await read(learned, NUM_LEARNED);
  await trained(page);
  await page.locator('try-panel').scrollIntoViewIfNeeded();
  const answered = (num) => page.waitForFunction(
    (num) => Number(document.querySelector('[data-testid=batch]')?.dataset.answered ?? 0) >= num, num, { timeout: TIMEOUT_MILLIS });
  const before = await megabytes(browser);
  const start = performance.now();
  const work = async () => {
    await drop(page, 'try-panel .stage', [asked]);
    await answered(numPictures / 10);
    const tenth = await megabytes(browser);
    await answered(numPictures);
    return { seconds: (performance.now() - start) / 1e3, tenth, end: await megabytes(browser) };
  };
  const { peak, result } = await peakDuring(() => megabytes(browser), work());
  return { numPictures, before, peak, ...result };
});
console.table([row]);
record('batch', row, { version: () => chromium });
rmSync(FOLDER, { recursive: true, force: true });
