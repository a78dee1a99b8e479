// The map: like lies by like, a lasso selects, moving changes colors at once, coming and going is noticed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { classCounts, drop, imported, ready, shot, start, withFolder } from './harness.mjs';
import { classFolders } from './photos.mjs';

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

const legend = (page) => page.$$eval('[data-testid=map-legend] button', (items) =>
  Object.fromEntries(items.map((item) => [item.dataset.name, Number(item.querySelector('.digits').textContent.replaceAll(',', ''))])));
const selected = (page, text) => page.locator('[data-testid=selection-bar]', { hasText: text }).waitFor({ timeout: 5000 });

/** Round the whole map, a little inside its edge. */
async function lassoAll(page) {
  const { x, y, width, height } = await page.locator('[data-testid=map-canvas]').boundingBox();
  const at = (across, down) => page.mouse.move(x + across * width, y + down * height, { steps: 6 });
  await at(0.01, 0.01);
  await page.mouse.down();
  for (const [across, down] of [[0.99, 0.01], [0.99, 0.99], [0.01, 0.99]]) await at(across, down);
  await page.mouse.up();
}

test('the map settles by itself; lasso, keys and legend lead to the pictures', { timeout: 180_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    const { folders, numPhotos } = await classFolders(root, 15);
    await drop(page, 'graft-welcome', folders);
    await imported(page, numPhotos);

    const map = page.locator('sample-map');
    await map.scrollIntoViewIfNeeded();
    await page.waitForSelector('[data-testid=map][data-settled=true]', { timeout: 60_000 });
    assert.deepEqual(await legend(page), { birds: 15, coins: 15, fruit: 15 });
    const summary = await page.innerText('[data-testid=map-summary]');
    const [, same] = summary.match(/45 pictures are on the map\. For (\d+)%/);
    assert.ok(Number(same) >= 85, `birds, coins and fruit are told apart: ${summary}`);
    await page.locator('[data-testid=map-canvas]').scrollIntoViewIfNeeded();
    // Points run to where they belong for a moment after the last word of the worker.
    await page.waitForTimeout(500);
    await shot(page, 'map-wide');

    await page.click('[data-testid=lasso]');
    await lassoAll(page);
    await selected(page, '45 pictures selected');
    await page.keyboard.press('Escape');
    await page.click('[data-testid=lasso]');

    await page.focus('[data-testid=map-canvas]');
    await page.keyboard.press('+');
    await page.keyboard.press('Space');
    await selected(page, '1 picture selected');
    await page.keyboard.press('0');

    await page.click('[data-testid=map-legend] [data-name=fruit]');
    await selected(page, '15 pictures selected');
    await page.click('[data-testid=map-picked] > summary');
    await page.locator('[data-testid=map-picked] .cell').nth(14).waitFor();
    await page.locator('[data-testid=move-to]').selectOption({ label: 'coins' });
    await page.click('[data-testid=move-confirm]');
    await page.waitForFunction(() => document.querySelector('[data-testid=map-legend] [data-name=coins] .digits')?.textContent === '30');
    assert.deepEqual(await classCounts(page), { birds: 15, coins: 30, fruit: 0 });
    assert.equal(await page.locator('[data-testid=map-outdated]').count(), 0, 'moving changes no places');

    await page.click('[data-testid=map-legend] [data-name=birds]');
    await selected(page, '15 pictures selected');
    await page.click('[data-testid=delete-selection]');
    assert.match(await page.innerText('[data-testid=map-outdated]'), /15 pictures went/);
    await page.click('[data-testid=redraw-map]');
    await page.waitForSelector('[data-testid=map-outdated]', { state: 'detached' });
    await page.waitForSelector('[data-testid=map][data-settled=true]');
    assert.deepEqual(await legend(page), { coins: 30 });

    await page.setViewportSize({ width: 390, height: 844 });
    for (let step = 0; step < 3; step++) await page.click('[data-testid=zoom-in]');
    await page.locator('[data-testid=map-canvas]').scrollIntoViewIfNeeded();
    await page.waitForTimeout(700);
    await shot(page, 'map-phone');
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(sideways <= 0, `the page is ${sideways} px wider than the screen`);
    await page.context().close();
  }));
