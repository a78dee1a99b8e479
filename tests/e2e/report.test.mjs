// The full report: its numbers agree with the confusion matrix and with each other.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { drop, imported, ready, shot, start, trained, withFolder } from './harness.mjs';
import { classFolders } from './photos.mjs';

const SUBJECTS = { birds: 'animals/birds', fruit: 'food/fruit', tools: 'household/tools', vegetables: 'food/vegetables' };

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

/** The confusion matrix as shown: rows are truths. */
const confusion = (page) => page.$$eval('[data-testid=confusion] tbody tr', (rows) =>
  rows.map((row) => [...row.querySelectorAll('td')].map((cell) => Number(cell.textContent))));

test('class by class, averages, calibration and withholding agree with the table', { timeout: 180_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    const { folders, numPhotos } = await classFolders(root, 20, SUBJECTS);
    await drop(page, 'graft-welcome', folders);
    await imported(page, numPhotos);
    await trained(page);
    const counts = await confusion(page);
    await page.click('[data-testid=report] > summary');

    const rows = await page.$$eval('[data-testid=class-report] tbody tr', (all) =>
      all.map((row) => [row.dataset.name, ...[...row.querySelectorAll('td')].map((cell) => cell.textContent)]));
    assert.deepEqual(rows.map(([name]) => name), ['birds', 'fruit', 'tools', 'vegetables']);
    const sum = (values) => values.reduce((a, b) => a + b, 0);
    const shown = (hits, total) => (total === 0 ? '–' : `${Math.round((100 * hits) / total)}%`);
    rows.forEach(([, support, precision, recall], index) => {
      const column = sum(counts.map((row) => row[index]));
      assert.equal(Number(support), sum(counts[index]));
      assert.equal(precision, shown(counts[index][index], column));
      assert.equal(recall, shown(counts[index][index], sum(counts[index])));
    });
    assert.match(await page.innerText('[data-testid=averages]'), /Cohen's κ\s+0\.\d\d|Cohen's κ\s+1\.00/);
    assert.match(await page.innerText('[data-testid=calibration]'), /off by \d+\.\d points/);

    const all = sum(counts.flat()), right = sum(counts.map((row, index) => row[index]));
    const numbers = async () => (await page.$$eval('[data-testid=coverage] strong', (items) => items.map((item) => item.textContent)))
      .slice(-2).flatMap((text) => text.match(/\d+/g).map(Number));
    assert.deepEqual(await numbers(), [all, all, right]);
    await page.locator('[data-testid=withhold]').fill('10');
    const [answered, outOf, rightOnes] = await numbers();
    assert.ok(answered < all && outOf === all && rightOnes <= answered, `${answered} of ${outOf}, ${rightOnes} right`);
    assert.ok(rightOnes / answered >= right / all, 'surer answers are right at least as often');

    await page.locator('report-panel').scrollIntoViewIfNeeded();
    await shot(page, 'report-wide');
    await page.setViewportSize({ width: 390, height: 844 });
    await page.locator('report-panel').scrollIntoViewIfNeeded();
    await shot(page, 'report-phone');
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(sideways <= 0, `the page is ${sideways} px wider than the screen`);
    await page.context().close();
  }));
