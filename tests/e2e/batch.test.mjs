// A folder put to a trained model: a table, a zip of sorted pictures, and one broken file that stops nothing.

import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { drop, imported, probabilities, ready, shot, stamps, start, trained, withFolder } from './harness.mjs';
import { classFolders, SUBJECTS } from './photos.mjs';
import { unzip, zipOf } from './zip.mjs';

const NUM_EACH = 12;
const NUM_ASKED = 10;

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

/** A folder of photos that no model has seen, some of them in a zip, and a file that is no picture. */
async function unseenFolder(root) {
  const folder = join(root, 'unseen');
  await mkdir(join(folder, 'deep'), { recursive: true });
  const paths = [];
  for (const subject of Object.values(SUBJECTS)) {
    // One more than are learned from: `classFolders` sets one aside.
    paths.push(...(await stamps(subject)).slice(NUM_EACH + 1, NUM_EACH + 1 + NUM_ASKED));
  }
  const zipped = paths.slice(-2);
  const loose = paths.slice(0, -2);
  // Numbered: the stamps' sub-folders share names.
  for (const [index, path] of loose.entries()) await copyFile(path, join(folder, 'deep', `${index} ${basename(path)}`));
  const contents = await Promise.all(zipped.map(async (path) => [basename(path), await readFile(path)]));
  await writeFile(join(folder, 'more.zip'), zipOf(Object.fromEntries(contents)));
  await writeFile(join(folder, 'broken.jpg'), 'not a picture');
  return { folder, num: paths.length };
}

async function savedBy(page, testid) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(`[data-testid=${testid}]`)]);
  return readFile(await download.path());
}

const finished = (page, num) => page.waitForSelector(`[data-testid=batch][data-running=false][data-answered="${num}"]`, { timeout: 120_000 });

test('a folder gives a table, JSON and a zip of pictures in folders', { timeout: 240_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    const { folders, numPhotos } = await classFolders(root, NUM_EACH);
    await drop(page, 'graft-welcome', folders);
    await imported(page, numPhotos);
    await trained(page);
    const { folder, num } = await unseenFolder(root);
    await page.locator('try-panel').scrollIntoViewIfNeeded();
    await drop(page, 'try-panel .stage', [folder]);
    await finished(page, num + 1);

    const { classes, predictions } = JSON.parse(await savedBy(page, 'batch-json'));
    assert.deepEqual(classes, Object.keys(SUBJECTS));
    assert.equal(predictions.length, num + 1);
    const broken = predictions.filter(({ problem }) => problem);
    assert.deepEqual(broken.map(({ picture }) => basename(picture)), ['broken.jpg']);
    const readable = predictions.filter(({ problem }) => !problem);
    for (const { probabilities: each } of readable) assert.ok(Math.abs(each.reduce((a, b) => a + b) - 1) < 1e-3);

    const table = (await savedBy(page, 'batch-csv')).toString().trim().split('\r\n');
    assert.equal(table[0], '"picture","answer","confidence","looks_familiar","p(birds)","p(coins)","p(fruit)","problem"');
    assert.equal(table.length, num + 2);

    const sorted = Object.keys(unzip(await savedBy(page, 'batch-zip')));
    assert.equal(sorted.length, num + 1, 'broken files are in the zip, too');
    assert.ok(sorted.includes('unreadable/broken.jpg'));
    for (const { picture, answer } of readable) assert.ok(sorted.includes(`${answer}/${basename(picture)}`), picture);

    await page.locator('batch-results').scrollIntoViewIfNeeded();
    await shot(page, 'batch');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.locator('batch-results').scrollIntoViewIfNeeded();
    await shot(page, 'batch-phone');
    await page.setViewportSize({ width: 1440, height: 900 });

    // One picture of it alone gets the same answer.
    const first = readable.find(({ picture }) => !picture.includes('more.zip') && picture.includes('deep'));
    await page.setInputFiles('[data-testid=try-file]', join(folder, 'deep', basename(first.picture)));
    const alone = Object.values(await probabilities(page));
    first.probabilities.forEach((value, index) => assert.ok(Math.abs(value - alone[index]) < 1e-5));
    await page.context().close();
  }));

test('a batch can be stopped, and what was answered by then is kept', { timeout: 240_000 }, async () => {
  const page = await graft.visit();
  await ready(page);
  await page.click('[data-testid=sample-set]');
  await page.waitForSelector('[data-testid=train]:not(:disabled)', { timeout: 60_000 });
  await page.waitForSelector('[data-testid=progress]', { state: 'detached', timeout: 120_000 });
  await trained(page);
  const photos = await stamps('animals');
  const many = Array.from({ length: 8 }, () => photos).flat();
  await page.setInputFiles('[data-testid=try-file]', many);
  await page.waitForFunction(() => Number(document.querySelector('[data-testid=batch]')?.dataset.answered) > 0, null, { timeout: 60_000 });
  await page.click('[data-testid=cancel-batch]');
  await page.waitForSelector('[data-testid=batch][data-running=false]');
  const answered = Number(await page.getAttribute('[data-testid=batch]', 'data-answered'));
  assert.ok(answered > 0 && answered < many.length, `${answered} of ${many.length}`);
  const table = (await savedBy(page, 'batch-csv')).toString().trim().split('\r\n');
  assert.equal(table.length, answered + 1);
  await page.context().close();
});
