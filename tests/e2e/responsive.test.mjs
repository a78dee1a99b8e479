// A thousand images at once, and the page still answers.

import assert from 'node:assert/strict';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { drop, imported, ready, stamps, start, withFolder } from './harness.mjs';

const NUM_IMAGES = 1000;
const NUM_CLASSES = 10;
/** Above this a click feels stuck. */
const MAX_TASK_MILLIS = 200;

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

test('1,000 images dropped at once keep the page responsive', { timeout: 400_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    const folders = await manyImages(root);
    await watchLongTasks(page);

    await drop(page, 'graft-welcome', folders);
    await page.waitForSelector('[data-testid=progress]');
    // A click on the way: the first class opens.
    await page.locator('class-card .show-all').first().click();
    await page.locator('class-card .show-all[aria-expanded=true]').waitFor({ timeout: 2000 });
    await imported(page, NUM_IMAGES, 300_000);

    const longest = await page.evaluate(() => window.longestTask);
    assert.ok(longest < MAX_TASK_MILLIS, `the main thread was busy for ${Math.round(longest)} ms in one piece`);
    const numCells = await page.locator('.cell').count();
    assert.ok(numCells < 400, `${numCells} thumbnails are in the document: the grid must only hold what shows`);
    await page.context().close();
  }));

test('canceling drops what has not been read', { timeout: 120_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    await drop(page, 'graft-welcome', await manyImages(root));
    await page.waitForFunction(() => document.querySelectorAll('.cell img').length > 3, null, { timeout: 30_000 });
    await page.click('[data-testid=cancel-import]');
    await page.waitForSelector('[data-testid=progress]', { state: 'detached', timeout: 5000 });
    const left = parseInt((await page.innerText('[data-testid=dataset-count]')).split(',').slice(1).join(''), 10);
    assert.ok(left < NUM_IMAGES, `${left} pictures are left`);
    await page.context().close();
  }));

async function manyImages(root) {
  const photos = await stamps('animals', 100);
  const folders = [];
  for (let index = 0; index < NUM_CLASSES; index++) {
    const folder = join(root, `class ${index + 1}`);
    await mkdir(folder);
    for (let number = 0; number < NUM_IMAGES / NUM_CLASSES; number++) {
      await copyFile(photos[(index * 37 + number) % photos.length], join(folder, `${number}.png`));
    }
    folders.push(folder);
  }
  return folders;
}

async function watchLongTasks(page) {
  await page.evaluate(() => {
    window.longestTask = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longestTask = Math.max(window.longestTask, duration);
    }).observe({ type: 'longtask' });
  });
}
