// Judged without training: folds add up, copies stay together, the worst answers lead to a fix, and all can be taken along.

import assert from 'node:assert/strict';
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { after, before, test } from 'node:test';
import { classCounts, drop, imported, ready, shot, start, trained, withFolder } from './harness.mjs';
import { classFolders } from './photos.mjs';

const SUBJECTS = { birds: 'animals/birds', fruit: 'food/fruit', tools: 'household/tools', vegetables: 'food/vegetables' };
/** Put into a class that it isn't of. */
const STRAY = 'stray bird.png';

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

const numbers = (text) => text.match(/\d+/g).map(Number);

/** Saves what a button offers and gives its text. */
async function saved(page, root, testid) {
  const [file] = await Promise.all([page.waitForEvent('download'), page.click(`[data-testid=${testid}]`)]);
  const path = join(root, file.suggestedFilename());
  await file.saveAs(path);
  return { path, text: await readFile(path, 'utf8') };
}

async function noSidewaysScrolling(page) {
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(sideways <= 0, `the page is ${sideways} px wider than the screen`);
}

test('cross-validation, its worst answers, studies and reports', { timeout: 300_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    const { folders, numPhotos, unseen } = await classFolders(root, 14, SUBJECTS);
    await copyFile(unseen.birds, join(root, 'tools', STRAY));
    for (const name of ['one', 'two']) await copyFile(unseen.fruit, join(root, 'fruit', `${name}.png`));
    const total = numPhotos + 3;
    await drop(page, 'graft-welcome', folders);
    await imported(page, total);

    // Before any training.
    await page.waitForSelector('[data-testid=cross-validate]:not([disabled])');
    await page.fill('[data-testid=folds]', '4');
    await page.locator('[data-testid=folds]').blur();
    await page.click('[data-testid=cross-validate]');
    await page.waitForSelector('[data-testid=fold-table]', { state: 'attached', timeout: 120_000 });
    const [right, of] = numbers(await page.innerText('[data-testid=headline]'));
    assert.equal(of, total);
    const folds = await page.$$eval('[data-testid=fold-table] tbody tr', (rows) =>
      rows.map((row) => [...row.querySelectorAll('td')].slice(0, 2).map((cell) => Number(cell.textContent))));
    assert.equal(folds.length, 4);
    const sum = (values) => values.reduce((a, b) => a + b, 0);
    assert.deepEqual([sum(folds.map(([hits]) => hits)), sum(folds.map(([, num]) => num))], [right, total]);
    assert.match(await page.innerText('[data-testid=leakage]'), /kept together \(\d+ groups?, \d+ pictures\)\. Divided as chance has it/);
    await page.click('[data-testid=duplicate-groups] > summary');
    await page.waitForSelector('[data-testid=duplicate-groups] .cell img');

    // Shares of rows add up, whatever rounding does.
    await page.click('[data-testid=confusion-unit] label:nth-of-type(2)');
    await page.waitForFunction(() => document.querySelector('[data-testid=confusion] .right button')?.getAttribute('aria-label').includes('%'));
    const rows = await page.$$eval('[data-testid=confusion] tbody tr', (all) =>
      all.map((row) => [...row.querySelectorAll('td')].reduce((a, cell) => a + Number(cell.textContent), 0)));
    for (const row of rows) assert.ok(Math.abs(row - 100) <= 3, `a row of ${row}%`);

    // The worst answers.
    await page.click('[data-testid=losses] > summary');
    const stray = page.locator('[data-testid=losses] li', { has: page.locator(`[aria-label^="${STRAY}"]`) });
    assert.match(await stray.innerText(), /tools, called birds · \d+% sure/);
    await shot(page, 'evaluation-wide');
    await stray.locator('.loss-picture').click();
    await page.waitForSelector('[data-testid=selection-bar]');
    const before = await classCounts(page);
    await stray.locator('[data-testid=move-to-predicted]').click();
    await stray.getByText('now in “birds”').waitFor();
    const after = await classCounts(page);
    assert.deepEqual([after.tools, after.birds], [before.tools - 1, before.birds + 1]);
    await page.waitForSelector('[data-testid=crossValidation-outdated]');
    await page.keyboard.press('Escape');

    // Questions that take a while.
    await page.click('[data-testid=learning-curve] > summary');
    await page.click('[data-testid=draw-learning-curve]');
    await page.waitForSelector('[data-testid=advice]', { timeout: 120_000 });
    assert.ok(await page.locator('learning-curve .chart .point').count() >= 3);
    await page.click('[data-testid=none-of-these] > summary');
    await page.click('[data-testid=check-none-of-these]');
    await page.waitForSelector('[data-testid=unknown-told]', { timeout: 120_000 });
    const [, known] = numbers(await page.innerText('[data-testid=unknown-told]'));
    assert.ok(known > 50, `better than guessing: ${known}%`);

    // Taken along.
    const { text: csv } = await saved(page, root, 'report-csv');
    assert.equal(csv.trimEnd().split('\r\n').length, total + 1);
    assert.match(csv, /"tools\/stray bird\.png","tools","birds",(0\.\d+|1),\d/);
    const { predictions } = JSON.parse((await saved(page, root, 'report-json')).text);
    assert.equal(predictions.filter(({ truth, predicted }) => truth === predicted).length, right);
    await page.check('[data-testid=with-pictures]');
    const report = await saved(page, root, 'report-html');
    assert.doesNotMatch(report.text, /<script|https?:\/\/(?!www\.w3\.org)/i);
    const reader = await page.context().newPage();
    const fetched = [];
    reader.on('request', (request) => fetched.push(request.url()));
    await reader.goto(pathToFileURL(report.path).href);
    assert.deepEqual(numbers(await reader.innerText('.headline')).slice(0, 2), [right, total]);
    assert.ok(await reader.locator('.worst img').evaluateAll((all) => all.length > 0 && all.every((image) => image.naturalWidth > 0)));
    assert.ok(await reader.locator('.chart').count() >= 4);
    assert.deepEqual(fetched.filter((address) => !address.startsWith('data:')).length, 1, 'the report is one file');
    await shot(reader, 'evaluation-report');
    await reader.close();

    // A run is judged by what it held out, and both judgments stay.
    await trained(page);
    await page.waitForSelector('[data-testid=evaluation-source] [value=heldOut]:checked');
    const held = numbers(await page.innerText('[data-testid=headline]'))[1];
    assert.ok(held < total / 2, `${held} of ${total} held out`);
    await page.click('[data-testid=report] > summary');
    await page.selectOption('[data-testid=curves-of]', { label: 'fruit' });
    assert.match(await page.innerText('[data-testid=areas]'), /“fruit”.*AUC [01]\.\d{3}/s);
    assert.equal(await page.locator('[data-testid=class-curves] .chart .line').count(), 2);
    await page.click('[data-testid=evaluation-source] label:last-of-type');
    assert.equal(numbers(await page.innerText('[data-testid=headline]'))[1], total);

    await page.setViewportSize({ width: 390, height: 844 });
    await page.locator('[data-testid=class-curves]').scrollIntoViewIfNeeded();
    await shot(page, 'evaluation-phone');
    await noSidewaysScrolling(page);
    await page.context().close();
  }));
