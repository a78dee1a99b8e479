// What the page's process takes: while it reads 1,000 and 5,000 small photos, and for each worker
// once that has read photos of twelve megapixels.
//
//   node memory.mjs [--pictures 1000,5000]
//
// Counted is the renderer's proportional set size (PSS, /proc): the page and its workers live in
// one process, and pages of memory shared with other processes count in part.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { PHOTOS, withBrowser } from './browser.mjs';
import { openGraft } from './graft-page.mjs';
import { MEGABYTE, peakDuring, renderers } from './renderers.mjs';
import { record } from './report.mjs';

const { values: options } = parseArgs({ options: { pictures: { type: 'string', default: '1000,5000' } } });
const large = join(PHOTOS, 'large');
let chromium;
const folders = (parent) => readdirSync(parent).sort().map((name) => join(parent, name));

/** The largest renderer's: all others are spare. */
const megabytes = async (browser) => Math.max(...(await renderers(browser)));

/** Reads folders in a fresh browser: megabytes before, at most, after, and of the workers' wasm instances. */
function measure(paths, numPictures, query) {
  return withBrowser(async (browser, origin) => {
    const page = await openGraft(browser, origin, query);
    await pause(2000); // the workers start after the page is ready
    const before = await megabytes(browser);
    const { peak, result } = await peakDuring(() => megabytes(browser), page.read(paths, numPictures));
    const workers = await page.answers();
    const session = await page.page.context().newCDPSession(page.page);
    await session.send('HeapProfiler.collectGarbage');
    await pause(1000);
    const after = await megabytes(browser);
    chromium = browser.version();
    const wasm = Math.max(...workers.map(({ memory }) => memory)) / MEGABYTE;
    return { before, peak, after, workerWasm: wasm, seconds: result.seconds };
  });
}

const rows = [];
for (const numPictures of options.pictures.split(',').map(Number)) {
  const parts = folders(join(PHOTOS, 'small')).slice(0, numPictures / 1000);
  rows.push({ numPictures, ...(await measure(parts, numPictures, '')) });
}
// What a worker costs is what two more of them cost.
const [few, many] = [1, 3], [folder] = folders(large), numPhotos = readdirSync(folder).length;
const [one, three] = [await measure([folder], numPhotos, `&workers=${few}`), await measure([folder], numPhotos, `&workers=${many}`)];
const weights = statSync(join(PHOTOS, '../../weights/efficientnet-lite0-f32.safetensors')).size / MEGABYTE;
const perWorker = {
  numPhotos, weights, wasm: Math.max(one.workerWasm, three.workerWasm),
  peak: (three.peak - one.peak) / (many - few), after: (three.after - one.after) / (many - few),
};
console.table(rows);
console.table({ 'a worker, MB': perWorker });
record('memory', { rows, perWorker }, { version: () => chromium });
