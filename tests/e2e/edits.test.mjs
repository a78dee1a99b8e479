// Labeling is a conversation: rename, merge, move, delete, and take it all back.

import assert from 'node:assert/strict';
import { after, before, beforeEach, afterEach, test } from 'node:test';
import { card, classCounts, drop, imported, ready, start, trained, withFolder } from './harness.mjs';
import { classFolders } from './photos.mjs';

let graft;
let page;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});
beforeEach(() =>
  withFolder(async (root) => {
    page = await graft.visit();
    const { folders } = await classFolders(root, 6);
    await ready(page);
    await drop(page, 'graft-welcome', folders);
    await imported(page, 18);
    await page.waitForFunction(() => document.querySelectorAll('class-card .cell img').length > 0);
  }));
afterEach(() => page.context().close());

async function becomes(expected) {
  await page.waitForFunction((wanted) => {
    const counts = Object.fromEntries([...document.querySelectorAll('class-card')].map((element) => [
      element.querySelector('.class-name').value, Number(element.querySelector('[data-testid=class-count]').textContent)]));
    const sorted = (object) => JSON.stringify(Object.entries(object).sort());
    return sorted(counts) === sorted(wanted);
  }, expected, { timeout: 10_000 }).catch(async () => assert.deepEqual(await classCounts(page), expected));
}

async function rename(from, to) {
  const input = card(page, from).locator('.class-name');
  await input.fill(to);
  await input.press('Enter');
}

/** The page draws once a frame: wait for it. */
async function selected(num) {
  await page.locator('[data-testid=selection-bar]', { hasText: `${num} pictures selected` }).waitFor({ timeout: 5000 });
}

function cells(name) {
  return card(page, name).locator('.cell');
}

test('renaming, and renaming to a name that is taken, which merges', async () => {
  await rename('birds', 'feathered');
  await becomes({ feathered: 6, coins: 6, fruit: 6 });
  await rename('feathered', 'fruit');
  await becomes({ coins: 6, fruit: 12 });
  await page.click('[data-testid=undo]');
  await becomes({ feathered: 6, coins: 6, fruit: 6 });
  await page.click('[data-testid=undo]');
  await becomes({ birds: 6, coins: 6, fruit: 6 });
  await page.click('[data-testid=redo]');
  await becomes({ feathered: 6, coins: 6, fruit: 6 });
});

test('merging and deleting classes from their menus, undone by keyboard', async () => {
  await card(page, 'birds').locator('details.menu summary').click();
  await card(page, 'birds').locator('[data-testid=merge-into]').selectOption({ label: 'coins' });
  await card(page, 'birds').locator('[data-testid=merge-confirm]').click();
  await becomes({ coins: 12, fruit: 6 });
  await card(page, 'fruit').locator('details.menu summary').click();
  await card(page, 'fruit').locator('[data-testid=delete-class]').click();
  await becomes({ coins: 12 });
  await page.keyboard.press('Control+z');
  await becomes({ coins: 12, fruit: 6 });
  await page.keyboard.press('Control+z');
  await becomes({ birds: 6, coins: 6, fruit: 6 });
  await page.keyboard.press('Control+Shift+z');
  await becomes({ coins: 12, fruit: 6 });
});

test('selecting by click, Shift and Ctrl; Delete deletes', async () => {
  await cells('birds').nth(0).click();
  await cells('birds').nth(2).click({ modifiers: ['Shift'] });
  await cells('birds').nth(4).click({ modifiers: ['Control'] });
  await selected(4);
  await page.keyboard.press('Delete');
  await becomes({ birds: 2, coins: 6, fruit: 6 });
  assert.match(await page.innerText('[data-testid=undo]'), /Undo: .+/);
  await page.click('[data-testid=undo]');
  await becomes({ birds: 6, coins: 6, fruit: 6 });
});

test('moving by the bar and by dragging onto another class', async () => {
  await cells('birds').nth(0).click();
  await cells('birds').nth(1).click({ modifiers: ['Control'] });
  await page.locator('[data-testid=move-to]').selectOption({ label: 'fruit' });
  await page.locator('[data-testid=move-confirm]').click();
  await becomes({ birds: 4, coins: 6, fruit: 8 });
  await cells('birds').nth(0).dragTo(card(page, 'coins').locator('.class-head'));
  await becomes({ birds: 3, coins: 7, fruit: 8 });
});

test('the grid works by keyboard alone', async () => {
  const grid = card(page, 'birds').locator('[role=listbox]');
  await grid.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowRight');
  await selected(2);
  await page.keyboard.press('Control+a');
  await selected(6);
  await page.keyboard.press('Escape');
  await page.waitForSelector('[data-testid=selection-bar]', { state: 'detached' });
});

test('a new class is named at once, and takes what is dropped on it', () =>
  withFolder(async (root) => {
    const { folders } = await classFolders(root, 3, { nuts: 'food/nuts' });
    await page.click('[data-testid=new-class]');
    await page.waitForFunction(() => document.activeElement?.classList.contains('class-name'));
    await page.keyboard.type('snacks');
    await page.keyboard.press('Enter');
    await becomes({ birds: 6, coins: 6, fruit: 6, snacks: 0 });
    await card(page, 'snacks').scrollIntoViewIfNeeded();
    const overlay = await drop(page, 'class-card[data-class-name=snacks]', folders);
    assert.match(overlay, /add these to “snacks”/);
    await imported(page, 21);
    await becomes({ birds: 6, coins: 6, fruit: 6, snacks: 3 });
  }));

test('after an edit the page says that the model is of before, or takes it in at once', async () => {
  await trained(page);
  assert.equal(await page.locator('[data-testid=stale]').count(), 0);
  await page.uncheck('[data-testid=keep-up-to-date]');
  await cells('birds').nth(0).click();
  await page.keyboard.press('Delete');
  await page.waitForSelector('[data-testid=stale]');
  await page.waitForTimeout(1000);
  assert.equal(await page.locator('[data-testid=stale]').count(), 1, 'it stays as it is until somebody trains');

  // Or is kept up to date, from now on and with what has gone before.
  await page.check('[data-testid=keep-up-to-date]');
  await modelOf(17);
  await cells('birds').nth(0).click();
  await page.keyboard.press('Delete');
  await modelOf(16);
  assert.equal(await page.locator('[data-testid=stale]').count(), 0);
});

/** Until the model's pictures, those it learned from and those held out, are so many. */
const modelOf = (num) => page.waitForFunction((num) => {
  const number = (selector, pattern) => Number(document.querySelector(selector)?.textContent.match(pattern)?.[1]);
  return number('[data-testid=kept]', /from (\d+) picture/) + number('[data-testid=outcome] .score', /of (\d+) held-out/) === num;
}, num);
