// Smaller networks taught by a larger one: tried, stopped, one taken into use, out as a zip and back.

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, test } from 'node:test';
import { drop, imported, probabilities, ready, shot, start, trained, withFolder } from './harness.mjs';
import { classFolders } from './photos.mjs';

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

const number = (text) => Number(/[\d.]+/.exec(text)[0]);

/** Rows of the table: what is said in each cell. */
const rows = (page) => page.$$eval('[data-testid=students] tbody tr', (all) => all.map((row) => [...row.cells].map(({ innerText }) => innerText)));

test('smaller networks: tried, stopped, kept, downloaded and loaded', { timeout: 300_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    const { folders, numPhotos, unseen } = await classFolders(root, 8);
    await drop(page, 'graft-welcome', folders);
    await imported(page, numPhotos);

    await page.click('[data-testid=make-smaller] summary');
    assert.ok(await page.isDisabled('#set-teacher option[value=model]'), 'there is no model yet');
    // A second is too short for all pictures: Stop arrives meanwhile.
    await page.click('[data-testid=start-distillation]');
    await page.locator('[data-testid=distillation-running] button').click();
    await page.locator('[data-testid=distillation-running]').waitFor({ state: 'detached', timeout: 20_000 });
    assert.equal(await page.locator('[data-testid=students]').count(), 0);

    await page.click('[data-testid=start-distillation]');
    await page.waitForSelector('[data-testid=students]', { timeout: 180_000 });
    const [teacher, ...students] = await rows(page);
    assert.equal(students.length, 3);
    const [name, right, , , size, time] = [0, 1, 2, 3, 4, 5];
    assert.match(teacher[name], /3 heads on the whole network/);
    for (const [at, student] of students.entries()) {
      const larger = at === 0 ? teacher : students[at - 1];
      assert.ok(number(student[size]) < number(larger[size]), `${student[size]} and ${larger[size]}`);
      assert.ok(number(student[right]) >= 0 && number(student[right]) <= 100);
      assert.ok(number(student[time]) > 0);
    }
    assert.match(await page.innerText('[data-testid=distillation-verdict]'), /network with \d+ of 16 blocks/);
    await page.locator('[data-testid=make-smaller]').scrollIntoViewIfNeeded();
    await shot(page, 'distill-wide');

    await page.click('tr[data-blocks="13"] [data-testid=keep-student]');
    await page.locator('[data-testid=kept]', { hasText: 'the first 13 blocks of the network, taught by several heads' }).waitFor({ timeout: 20_000 });
    assert.equal(await page.innerText('tr[data-blocks="13"] [data-testid=keep-student]'), 'In use');
    await page.setInputFiles('[data-testid=try-file]', unseen.fruit);
    await page.waitForSelector(`[data-testid=try-picture][alt="${basename(unseen.fruit)}"]`);
    const small = await probabilities(page);
    assert.ok(Math.abs(Object.values(small).reduce((sum, each) => sum + each, 0) - 1) < 1e-3);

    // Another page takes the zip and says the same.
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-testid=download]')]);
    const zip = `${root}/small.zip`;
    await download.saveAs(zip);
    const other = await graft.visit();
    await ready(other);
    await drop(other, 'graft-welcome', [zip]);
    await other.waitForSelector('[data-testid=loaded-model]');
    await other.setInputFiles('[data-testid=try-file]', unseen.fruit);
    await other.waitForSelector(`[data-testid=try-picture][alt="${basename(unseen.fruit)}"]`);
    const loaded = await probabilities(other);
    for (const [label, share] of Object.entries(small)) assert.ok(Math.abs(loaded[label] - share) < 1e-3, `${label}: ${share} and ${loaded[label]}`);
    await other.context().close();

    // A model that was trained here teaches in its turn.
    await trained(page);
    await page.locator('[data-testid=kept]', { hasText: 'reached the optimum' }).waitFor({ timeout: 60_000 });
    await page.selectOption('#set-teacher', 'model');
    await page.click('[data-testid=start-distillation]');
    await page.locator('[data-testid=teacher]', { hasText: 'the model that was in use' }).waitFor({ timeout: 180_000 });

    await page.setViewportSize({ width: 390, height: 844 });
    await page.locator('[data-testid=make-smaller]').scrollIntoViewIfNeeded();
    await shot(page, 'distill-phone');
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(sideways <= 0, `the page is ${sideways} px wider than the screen`);
    await page.context().close();
  }));
