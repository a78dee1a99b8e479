// The network itself learns: what it takes, what it sees, what comes out, and that the zip is the same.

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, test } from 'node:test';
import { drop, imported, probabilities, ready, shot, start, withFolder } from './harness.mjs';
import { classFolders } from './photos.mjs';

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

async function settings(page, values) {
  for (const [id, value] of Object.entries(values)) {
    await page.fill(`#${id}`, String(value));
    await page.press(`#${id}`, 'Enter');
    await page.locator(`#${id}`).blur();
  }
}

test('fine-tuning: estimate, variants, stop, a tuned model in use and out again', { timeout: 300_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    const { folders, numPhotos, unseen } = await classFolders(root, 8);
    await drop(page, 'graft-welcome', folders);
    await imported(page, numPhotos);

    await page.click('[data-testid=settings] summary');
    await page.selectOption('#set-method', 'fine_tuning');
    const estimate = page.locator('[data-testid=tuning-estimate]', { hasText: /Takes about \d+ (s|min)/ });
    await estimate.waitFor({ timeout: 30_000 });

    // Stopped before there is anything to keep: with so many views that takes a while.
    await settings(page, { 'set-tuning-numViews': 32 });
    await page.click('[data-testid=train]');
    await page.click('[data-testid=stop]');
    await page.waitForSelector('[data-testid=train]', { timeout: 20_000 });
    assert.equal(await page.locator('[data-testid=accuracy]').count(), 0);

    await settings(page, { 'set-tuning-numBlocks': 1, 'set-tuning-numEpochs': 2, 'set-tuning-numViews': 2 });
    await page.click('[data-testid=show-variants]');
    await page.waitForSelector('[data-testid=variants]:not([hidden])', { timeout: 20_000 });
    await page.locator('tuning-settings').scrollIntoViewIfNeeded();
    await shot(page, 'tuning-wide');

    await page.click('[data-testid=train]');
    await page.waitForSelector('[data-testid=accuracy]', { timeout: 120_000 });
    assert.match(await page.innerText('[data-testid=kept]'), /on the CPU; the last 1 block of the network learned, too/);
    await page.setInputFiles('[data-testid=try-file]', unseen.fruit);
    const tuned = await probabilities(page);
    assert.ok(Math.abs(Object.values(tuned).reduce((sum, each) => sum + each, 0) - 1) < 1e-3);

    // Another page takes the zip and says the same.
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-testid=download]')]);
    const zip = `${root}/tuned.zip`;
    await download.saveAs(zip);
    const other = await graft.visit();
    await ready(other);
    await drop(other, 'graft-welcome', [zip]);
    await other.waitForSelector('[data-testid=loaded-model]');
    await other.setInputFiles('[data-testid=try-file]', unseen.fruit);
    await other.waitForSelector(`[data-testid=try-picture][alt="${basename(unseen.fruit)}"]`);
    const loaded = await probabilities(other);
    for (const [name, share] of Object.entries(tuned)) assert.ok(Math.abs(loaded[name] - share) < 1e-3, `${name}: ${share} and ${loaded[name]}`);
    await other.context().close();

    // Back to a head alone: the picture is looked at by the network as it came.
    await page.selectOption('#set-method', 'plain');
    await page.click('[data-testid=train]');
    await page.locator('[data-testid=kept]', { hasText: 'reached the optimum' }).waitFor({ timeout: 30_000 });
    await page.waitForFunction((before) => {
      const items = [...document.querySelectorAll('[data-testid=bars] li')];
      return items.some(({ dataset }) => Math.abs(Number(dataset.probability) - before[dataset.name]) > 1e-6);
    }, tuned, { timeout: 20_000 });
    assert.equal(await page.locator('try-panel .trouble').count(), 0);

    await page.selectOption('#set-method', 'fine_tuning');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.locator('tuning-settings').scrollIntoViewIfNeeded();
    await shot(page, 'tuning-phone');
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(sideways <= 0, `the page is ${sideways} px wider than the screen`);
    await page.context().close();
  }));
