// Photos of twelve megapixels, dropped → features: our page against TensorFlow.js on the same
// backbone, folder by folder in turn in one Chromium, the files on disk.
//
//   node photos.mjs [--rounds 1] [--folders 8] [--contenders graft,graft1,tfjs,teachable]
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { open, PHOTOS, withBrowser } from './browser.mjs';
import { openGraft } from './graft-page.mjs';
import { median, record } from './report.mjs';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    folders: { type: 'string', default: '8' },
    contenders: { type: 'string', default: 'graft,graft1,tfjs,teachable' },
  },
});
const names = options.contenders.split(',');
const folders = readdirSync(join(PHOTOS, 'large')).sort().slice(0, Number(options.folders)).map((name) => {
  const path = join(PHOTOS, 'large', name);
  const files = readdirSync(path).sort().map((file) => join(path, file));
  return { path, files };
});

/** Each `(folder) → seconds`. */
async function contenders(browser, origin) {
  const peers = await open(browser, `${origin}/bench/photos.html`);
  await peers.waitForFunction('window.ready');
  await peers.evaluate('load()');
  const peer = (name) => async ({ files }) => {
    await peers.setInputFiles('input', files);
    return peers.evaluate((name) => readAll(name), name);
  };
  const [all, one] = [await openGraft(browser, origin), await openGraft(browser, origin, '&workers=1')];
  const ours = (page) => async ({ path, files }) => (await page.read([path], files.length)).seconds;
  return { graft: ours(all), graft1: ours(one), tfjs: peer('tfjs'), teachable: peer('teachable'), all, one };
}

function summarize(seconds, numFiles) {
  const best = (times) => Math.min(...times);
  const perPicture = (of, times) => (of(times) / numFiles) * 1e3;
  const reference = seconds.tfjs;
  return Object.fromEntries(Object.entries(seconds).map(([name, times]) => [name, {
    medianMillis: perPicture(median, times),
    bestMillis: perPicture(best, times),
    medianSpeedup: reference ? median(reference) / median(times) : null,
    bestSpeedup: reference ? best(reference) / best(times) : null,
    secondsForAll: times.reduce((a, b) => a + b) / Number(options.rounds),
  }]));
}

/** Mean milliseconds by stage, and the largest memory any worker has reached. */
function stages(answers) {
  const mean = (stage) => answers.reduce((sum, answer) => sum + (answer[stage] ?? NaN), 0) / answers.length;
  return {
    ...Object.fromEntries(['read', 'decode', 'resize', 'forward'].map((stage) => [stage, mean(stage)])),
    workerMegabytes: Math.max(...answers.map(({ memory }) => memory)) / 1e6,
  };
}

await withBrowser(async (browser, origin) => {
  const read = await contenders(browser, origin);
  const seconds = Object.fromEntries(names.map((name) => [name, []]));
  for (const name of names) await read[name](folders[0]); // V8 replaces its first compilation bit by bit
  await Promise.all([read.all.answers(), read.one.answers()]);
  for (let round = 0; round < Number(options.rounds); round++) {
    for (const [index, folder] of folders.entries()) {
      // Each goes first as often as last.
      const order = names.map((_, at) => names[(at + index) % names.length]);
      for (const name of order) seconds[name].push(await read[name](folder));
      console.error(`${index + 1} of ${folders.length}:`, Object.fromEntries(names.map((name) => [name, seconds[name].at(-1).toFixed(2)])));
    }
  }
  const numFiles = folders[0].files.length;
  const summary = summarize(seconds, numFiles);
  const ours = { graft: stages(await read.all.answers()), graft1: stages(await read.one.answers()) };
  console.table(summary);
  console.table(ours);
  record('photos', { numPhotos: folders.length * numFiles, rounds: Number(options.rounds), contenders: summary, stages: ours }, browser);
});
