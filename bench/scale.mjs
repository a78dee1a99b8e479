// Very many pictures at once: Fashion-MNIST's, in 50 folders, dropped in one go.
//
//   node scale.mjs [--pictures 2500,5000,10000]    70000 is all of them
//
// Told are the seconds to the last features, the longest task of the page's main thread, and the most
// memory of all renderer processes together (PSS). Then a head is trained on all of them.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { crc32, deflateSync, gunzipSync } from 'node:zlib';
import { trained } from '../tests/e2e/harness.mjs';
import { ROOT, withBrowser } from './browser.mjs';
import { openGraft } from './graft-page.mjs';
import { record } from './report.mjs';

const { values: options } = parseArgs({ options: { pictures: { type: 'string', default: '2500,5000,10000' } } });
/** Debian's dataset-fashion-mnist: 60,000 and 10,000 pictures of 28 × 28. */
const FASHION = '/usr/share/datasets/fashion-mnist';
const SIDE = 28, HEADER = 16, FOLDERS_PER_CLASS = 5, MEGABYTE = 1e6, SAMPLE_MILLIS = 500;
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
  const header = Buffer.alloc(13);
  header.writeUInt32BE(SIDE, 0);
  header.writeUInt32BE(SIDE, 4);
  header.set([8, 0, 0, 0, 0], 8);
  const rows = Buffer.alloc(SIDE * (SIDE + 1)); // each row begins with its filter: none
  for (let row = 0; row < SIDE; row++) rows.set(pixels.subarray(row * SIDE, (row + 1) * SIDE), row * (SIDE + 1) + 1);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

async function megabytes(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').reduce((sum, { id }) => sum + pss(id), 0);
}

function pss(process) {
  try {
    return Number(readFileSync(`/proc/${process}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+)/m)[1]) * 1024 / MEGABYTE;
  } catch {
    return 0; // it has just ended
  }
}

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
    let peak = 0, done = false;
    const watching = (async () => {
      for (; !done; await pause(SAMPLE_MILLIS)) peak = Math.max(peak, await megabytes(browser));
    })();
    const { seconds } = await page.read(folders, numPictures, TIMEOUT_MILLIS);
    const start = performance.now();
    await trained(page.page, TIMEOUT_MILLIS);
    const trainSeconds = (performance.now() - start) / 1e3;
    const accuracy = await page.page.innerText('[data-testid=accuracy]');
    done = true;
    await watching;
    const longestTaskMillis = await page.page.evaluate(() => window.longest);
    return { numPictures, numClasses: folders.length, seconds, trainSeconds, longestTaskMillis, peakMegabytes: peak, accuracy };
  }));
  console.table(rows);
}
record('scale', { rows }, { version: () => chromium });
rmSync(FOLDER, { recursive: true, force: true });
