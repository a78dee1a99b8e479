// The pool: one page with a worker a core against as many independent pages with one worker each,
// in turn in one Chromium. Small photos, so that nothing but the workers has much to do.
//
//   node pool.mjs [--rounds 5] [--pictures 200]
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PHOTOS, withBrowser } from './browser.mjs';
import { openGraft } from './graft-page.mjs';
import { median, record } from './report.mjs';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, pictures: { type: 'string', default: '200' } },
});
const rounds = Number(options.rounds), numWorkers = Math.min(8, availableParallelism());
const folder = join(PHOTOS, 'small/part 1');
const files = readdirSync(folder, { recursive: true }).filter((path) => path.endsWith('.jpg')).sort()
  .slice(0, Number(options.pictures)).map((path) => join(folder, path));

/** Pictures a second while pages read their shares of the files side by side. */
async function rate(pages) {
  const share = Math.ceil(files.length / pages.length);
  const runs = await Promise.all(pages.map((page, index) => {
    const part = files.slice(index * share, (index + 1) * share);
    return page.read(part, part.length);
  }));
  const start = Math.min(...runs.map((run) => run.start)), end = Math.max(...runs.map((run) => run.end));
  return files.length / (end - start);
}

await withBrowser(async (browser, origin) => {
  const pool = [await openGraft(browser, origin, `&workers=${numWorkers}`)];
  const alone = [];
  for (let index = 0; index < numWorkers; index++) alone.push(await openGraft(browser, origin, '&workers=1'));
  const contenders = { pool, independent: alone, oneWorker: alone.slice(0, 1) };
  const rates = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = -1; round < rounds; round++) { // the first is to warm up
    const order = Object.keys(contenders);
    if (round % 2) order.reverse();
    for (const name of order) {
      const picturesPerSecond = await rate(contenders[name]);
      if (round >= 0) rates[name].push(picturesPerSecond);
    }
    console.error(`round ${round}:`, Object.fromEntries(Object.entries(rates).map(([name, all]) => [name, all.at(-1)?.toFixed(1)])));
  }
  const best = (values) => Math.max(...values);
  const data = {
    numWorkers, rounds, numPictures: files.length,
    picturesPerSecond: Object.fromEntries(Object.entries(rates).map(([name, all]) => [name, { median: median(all), best: best(all) }])),
    ofIndependent: {
      median: median(rates.pool) / median(rates.independent),
      best: best(rates.pool) / best(rates.independent),
      // Round by round the machine's other load is nearly the same for both.
      medianOfRatios: median(rates.pool.map((value, round) => value / rates.independent[round])),
    },
  };
  console.log(JSON.stringify(data, null, 2));
  record('pool', data, browser);
});
