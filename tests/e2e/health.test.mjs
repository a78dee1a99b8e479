// The health report: each flaw is a line that leads to its pictures and to a way to mend them.

import assert from 'node:assert/strict';
import { copyFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { classCounts, drop, imported, ready, shot, start, withFolder } from './harness.mjs';
import { classFolders } from './photos.mjs';

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

const PER_CLASS = 10;

const looked = (page, num) => page.locator('[data-testid=health-summary]', { hasText: `${num} pictures looked through` }).waitFor({ timeout: 60_000 });
const numCells = (page, line) => page.locator(`[data-testid=${line}] .cell`).count();

async function open(page, line) {
  await page.click(`[data-testid=${line}] > summary`);
  await page.locator(`[data-testid=${line}] .cell img`).first().waitFor({ timeout: 10_000 });
}

/** Ten good pictures a class, and four spoilt things among them. */
async function spoiltFolders(page, root) {
  const { folders } = await classFolders(root, PER_CLASS);
  const [birds, coins, fruit] = folders;
  const names = (await readdir(birds)).sort();
  await copyFile(join(birds, names[0]), join(birds, 'the same again.png'));
  await copyFile(join(birds, names[1]), join(fruit, 'no fruit.png'));
  await writeFile(join(coins, 'black.jpg'), await blackJpeg(page));
  await writeFile(join(coins, 'letter.png'), 'Dear reader, this is not a picture.\n'.repeat(20));
  return folders;
}

async function blackJpeg(page) {
  const address = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 300;
    canvas.getContext('2d').fillRect(0, 0, 300, 300);
    return canvas.toDataURL('image/jpeg', 0.9);
  });
  return Buffer.from(address.slice(address.indexOf(',') + 1), 'base64');
}

test('flaws are found by themselves, lead to their pictures and can be mended', { timeout: 180_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    await drop(page, 'graft-welcome', await spoiltFolders(page, root));
    const total = 3 * PER_CLASS + 3;
    await imported(page, total);
    await looked(page, total);

    for (const line of ['unreadable', 'copies', 'copiesAcrossClasses', 'dark']) {
      assert.equal(await page.locator(`[data-testid=${line}]`).count(), 1, `there must be a line about ${line}`);
    }
    assert.match(await page.innerText('[data-testid=copies] > summary'), /1 picture is a copy/);
    await open(page, 'copies');
    assert.equal(await numCells(page, 'copies'), 2);
    await open(page, 'copiesAcrossClasses');
    assert.equal(await numCells(page, 'copiesAcrossClasses'), 2);
    await page.locator('data-panel').scrollIntoViewIfNeeded();
    await shot(page, 'health-wide');

    await page.click('[data-testid=keep-one]');
    await page.waitForSelector('[data-testid=copies]', { state: 'detached' });
    await page.click('[data-testid=keep-in]:has-text("birds")');
    await looked(page, total - 2);
    assert.equal(await page.locator('[data-testid=copiesAcrossClasses]').count(), 0);
    assert.deepEqual(await classCounts(page), { birds: PER_CLASS, coins: PER_CLASS + 1, fruit: PER_CLASS });
    await page.click('[data-testid=undo]');
    await looked(page, total - 1);
    assert.equal(await page.locator('[data-testid=copiesAcrossClasses]').count(), 1, 'all of it can be taken back');

    const numbers = await page.innerText('[data-testid=data-numbers]');
    assert.match(numbers, /tells these classes apart (well|somewhat)/);
    assert.match(numbers, new RegExp(`${total - 1} pictures, worth about \\d+ different ones`));
    await page.setViewportSize({ width: 390, height: 844 });
    await page.locator('data-panel').scrollIntoViewIfNeeded();
    await shot(page, 'health-phone');
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(sideways <= 0, `the page is ${sideways} px wider than the screen`);
    await page.context().close();
  }));

test('what is selected in a line can be set aside', { timeout: 120_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    await drop(page, 'graft-welcome', await spoiltFolders(page, root));
    await imported(page, 3 * PER_CLASS + 3);
    await looked(page, 3 * PER_CLASS + 3);
    await open(page, 'dark');
    await page.click('[data-testid=dark] [data-testid=select-all]');
    await page.click('[data-testid=set-aside]');
    await page.locator('[data-testid=unsorted-count]', { hasText: /^1$/ }).waitFor({ timeout: 5000 });
    await page.context().close();
  }));
