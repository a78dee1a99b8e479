// Pictures of the page for people to look at: wide and phone-sized, light and dark.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { drop, imported, probabilities, ready, shot, start, trained, withFolder } from './harness.mjs';
import { classFolders } from './photos.mjs';

const SUBJECTS = {
  birds: 'animals/birds', coins: 'symbols/money', fruit: 'food/fruit', tools: 'household/tools', vegetables: 'food/vegetables',
};
const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

for (const colorScheme of ['light', 'dark']) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test(`${size}, ${colorScheme}`, { timeout: 180_000 }, () =>
      withFolder(async (root) => {
        const page = await graft.visit({ viewport, colorScheme });
        const name = (state) => `${state}-${size}-${colorScheme}`;
        await ready(page);
        await shot(page, name('empty'));
        const { folders, numPhotos, unseen } = await classFolders(root, 20, SUBJECTS);
        await drop(page, 'graft-welcome', folders);
        await page.waitForFunction(() => document.querySelectorAll('.cell img').length > 5);
        await shot(page, name('reading'));
        await imported(page, numPhotos);
        await trained(page);
        await page.setInputFiles('[data-testid=try-file]', unseen.fruit);
        await probabilities(page);
        await page.evaluate(() => scrollTo(0, 0));
        await page.waitForTimeout(400);
        await shot(page, name('trained'));
        const cell = page.locator('[data-testid=confusion] td button').first();
        await cell.click();
        await page.locator('results-panel').scrollIntoViewIfNeeded();
        await page.waitForTimeout(400);
        await shot(page, name('results'));
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(sideways <= 0, `the page is ${sideways} px wider than the screen`);
        await page.context().close();
      }));
  }
}
