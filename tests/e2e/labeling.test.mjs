// The tray of unsorted pictures, and labeling them one after the other by keys.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { card, classCounts, drop, imported, ready, shot, stamps, start, withFolder } from './harness.mjs';
import { classFolders } from './photos.mjs';

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

const unsorted = (page, num) => page.locator('[data-testid=unsorted-count]', { hasText: new RegExp(`^${num}$`) }).waitFor({ timeout: 20_000 });
const progress = (page, words) => page.locator('[data-testid=labeling-progress]', { hasText: words }).waitFor({ timeout: 10_000 });
const suggested = (page) => page.locator('[data-testid=labeling-why]', { hasText: 'Why this one' }).waitFor({ timeout: 20_000 });

async function becomes(page, expected) {
  for (let tries = 0; tries < 50; tries++) {
    if (JSON.stringify(await classCounts(page)) === JSON.stringify(expected)) return;
    await page.waitForTimeout(100);
  }
  assert.deepEqual(await classCounts(page), expected);
}

test('what is set aside is labeled by keys: guess, number, skip, undo, new class', { timeout: 120_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    const { folders } = await classFolders(root, 8);
    await drop(page, 'graft-welcome', folders);
    await imported(page, 24);
    await card(page, 'birds').locator('.cell').nth(0).click();
    await card(page, 'birds').locator('.cell').nth(3).click({ modifiers: ['Shift'] });
    await page.click('[data-testid=set-aside]');
    await unsorted(page, 4);
    assert.match(await page.innerText('[data-testid=dataset-count]'), /20 pictures, 4 unsorted/, 'they are not learned from');

    await page.click('[data-testid=label-these]');
    await suggested(page);
    await progress(page, '0 of 4');
    await shot(page, 'labeling-wide');
    const guess = (await page.innerText('[data-testid=accept-guess] strong')).trim();
    await page.keyboard.press('Enter');
    await progress(page, '1 of 4');
    const guessed = { birds: 4, coins: 8, fruit: 8 };
    guessed[guess]++;
    await becomes(page, guessed);

    await page.keyboard.press('3');
    await progress(page, '2 of 4');
    await becomes(page, { ...guessed, fruit: guessed.fruit + 1 });
    const name = await page.innerText('[data-testid=labeling-name]');
    await page.keyboard.press('z');
    await progress(page, '1 of 4');
    await becomes(page, guessed);
    assert.notEqual(await page.innerText('[data-testid=labeling-name]'), name, 'it asks again about the one taken back');

    await page.keyboard.press('n');
    await page.waitForFunction(() => document.activeElement?.matches('[data-testid=label-new-name]'));
    await page.keyboard.type('zebras');
    await page.keyboard.press('Enter');
    await progress(page, '2 of 4');
    await becomes(page, { ...guessed, zebras: 1 });
    // One step back is both the class and its first picture.
    await page.keyboard.press('Control+z');
    await progress(page, '1 of 4');
    await becomes(page, guessed);

    for (let skips = 0; skips < 3; skips++) await page.keyboard.press('ArrowRight');
    await page.waitForSelector('[data-testid=labeling-done]');
    await page.click('[data-testid=skipped-again]');
    await suggested(page);
    await page.keyboard.press('Escape');
    await page.waitForSelector('[data-testid=labeling]', { state: 'detached' });
    await unsorted(page, 3);
    await page.context().close();
  }));

test('pictures can be dropped unsorted, and labeled without any class', { timeout: 120_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit({ viewport: { width: 390, height: 844 } });
    await ready(page);
    const { folders } = await classFolders(root, 3, { nuts: 'food/nuts' });
    await drop(page, 'graft-welcome', folders);
    await imported(page, 3);
    await page.locator('unsorted-tray').scrollIntoViewIfNeeded();
    assert.match(await drop(page, 'unsorted-tray', await stamps('symbols/money', 5)), /unsorted/);
    await unsorted(page, 5);
    await page.waitForSelector('[data-testid=progress]', { state: 'detached' });
    await card(page, 'nuts').locator('details.menu summary').click();
    await card(page, 'nuts').locator('[data-testid=delete-class]').click();
    await becomes(page, {});

    await page.click('[data-testid=label-these]');
    await page.waitForFunction(() => document.activeElement?.matches('[data-testid=label-new-name]'));
    await page.keyboard.type('coins');
    await page.keyboard.press('Enter');
    await progress(page, '1 of 5');
    await becomes(page, { coins: 1 });
    await page.waitForFunction(() => document.activeElement?.matches('.labeling-stage'));
    await page.keyboard.press('1');
    await progress(page, '2 of 5');
    await shot(page, 'labeling-phone');
    await page.context().close();
  }));
