// "Why?" leads from an answer to its evidence and to the pictures that taught it; unknown things are none of these.

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, test } from 'node:test';
import { card, classCounts, drop, imported, probabilities, ready, shot, stamps, start, trained, withFolder } from './harness.mjs';
import { classFolders } from './photos.mjs';

/** Enough held-out pictures to promise 95%: 19 at least. */
const PER_CLASS = 32;
const UNKNOWN = 'vehicles';

let graft;
let page;
let unseen;
before(async () => {
  graft = await start({ args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] });
  await withFolder(async (root) => {
    page = await graft.visit();
    await ready(page);
    const photos = await classFolders(root, PER_CLASS);
    unseen = photos.unseen;
    await drop(page, 'graft-welcome', photos.folders);
    await imported(page, photos.numPhotos);
    await trained(page);
    // "Why?" reads the file again: as long as the folder is there.
    await card(page, 'birds').locator('.cell').first().click();
    await page.click('[data-testid=why-selection]');
    await page.waitForSelector('[data-testid=why-summary]');
  });
});
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

/** The cells' numbers of one table, row by row. */
const cells = (within) => page.$$eval(`${within} .cell-numbers td`, (all) =>
  all.map((cell) => cell.textContent).filter((text) => text !== '').map((text) => Number(text.replace('−', '-').replace(/[±+%<> ]/g, ''))));
/** Captions of the pictures in the n-th row of voices: their numbers and classes. */
const captions = (row) => page.locator('.voices').nth(row).locator('.cell-caption').allInnerTexts();

test('a training picture is explained by its cells and by the pictures it learned from', { timeout: 240_000 }, async () => {
  assert.match(await page.innerText('[data-testid=why-summary]'), /evidence for “birds” is (in|at|on) the /);
  const birds = await cells('.why-parts');
  assert.equal(birds.length, 49);
  assert.ok(birds.some((value) => value > 0));

  await page.waitForSelector('.voices .cell-caption');
  const supporting = await captions(0);
  assert.ok(supporting.every((caption) => /^\+\d\.\d\d, /.test(caption)), supporting.join('; '));
  assert.match(supporting[0], /birds$/, 'pictures of a class speak for it');
  assert.ok((await captions(1)).every((caption) => /^−\d\.\d\d, /.test(caption)), 'the others speak against it');
  assert.match((await captions(2))[0], /^100% alike, birds$/, 'nothing is more like a picture than itself');
  await shot(page, 'why-wide');

  const coins = await page.locator('[data-testid=why-class] option', { hasText: 'coins' }).getAttribute('value');
  await page.selectOption('[data-testid=why-class]', coins);
  await page.waitForFunction(() => /^coins/.test(document.querySelector('[data-testid=why-verdict]').innerText));
  assert.notDeepEqual(await cells('.why-parts'), birds, 'each class has evidence of its own');
  await page.selectOption('[data-testid=why-class]', { index: 0 });
});

test('hiding parts is stopped, or tells what the answer leans on', { timeout: 240_000 }, async () => {
  await page.click('[data-testid=hide-parts]');
  await page.click('[data-testid=stop-hiding]');
  await page.click('[data-testid=hide-parts]');
  await page.waitForSelector('[data-testid=hiding-summary]', { timeout: 120_000 });
  assert.match(await page.innerText('[data-testid=hiding-summary]'), /With nothing hidden, “birds” gets /);
  assert.equal((await cells('why-hiding')).length, 49);
});

test('a picture that speaks can be deleted there and then', { timeout: 60_000 }, async () => {
  const { birds } = await classCounts(page);
  const speaker = page.locator('.voices').first().locator('.cell').first();
  const sample = await speaker.getAttribute('data-sample');
  await page.locator('why-dialog').getByText('Deselect').click();
  await speaker.click();
  await page.click('why-dialog [data-testid=delete-selection]');
  await page.waitForSelector(`.voices .cell[data-sample="${sample}"]`, { state: 'detached' });
  assert.equal((await classCounts(page)).birds, birds - 1);
  await page.setViewportSize({ width: 390, height: 844 });
  await shot(page, 'why-phone');
  const sideways = await page.evaluate(() => {
    const dialog = document.querySelector('[data-testid=why]');
    return Math.max(document.documentElement.scrollWidth - innerWidth, dialog.scrollWidth - dialog.clientWidth);
  });
  assert.ok(sideways <= 0, `something is ${sideways} px wider than the screen`);
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.click('[data-testid=close-why]');
  await page.waitForSelector('[data-testid=why]', { state: 'hidden' });
});

test('known things get an answer, unknown ones are none of these, unless that is switched off', { timeout: 120_000 }, async () => {
  assert.match(await page.innerText('[data-testid=none-promise]'), /about 9\d% of held-out pictures/);
  const verdictOn = async (photo) => {
    await page.setInputFiles('[data-testid=try-file]', photo);
    // The answer before it leaves the page together with its picture.
    await page.waitForSelector(`[data-testid=try-picture][alt="${basename(photo)}"]`);
    await probabilities(page);
    return page.innerText('[data-testid=verdict]');
  };
  assert.match(await verdictOn(unseen.coins), /coins/);
  let refused = 0;
  for (const photo of await stamps(UNKNOWN, 6)) if (/None of these/.test(await verdictOn(photo))) refused++;
  assert.ok(refused >= 2, `${refused} of 6 unknown things are none of these`);

  await page.uncheck('[data-testid=say-none]');
  for (const photo of await stamps(UNKNOWN, 2)) assert.match(await verdictOn(photo), /birds|coins|fruit/);
  await page.check('[data-testid=say-none]');
  await page.click('[data-testid=why-trial]');
  await page.waitForSelector('[data-testid=why-summary]');
  await page.keyboard.press('Escape');
  await page.waitForSelector('[data-testid=why]', { state: 'hidden' });
});

test('the webcam shows where its answer comes from, over the picture', { timeout: 60_000 }, async () => {
  await page.click('[data-testid=start-camera]');
  await page.check('[data-testid=show-why]');
  await page.waitForSelector('[data-testid=live-heat]', { timeout: 30_000 });
  const [video, heat] = await Promise.all(['try-panel video', '[data-testid=live-heat]'].map((part) => page.locator(part).boundingBox()));
  assert.ok(Math.abs(heat.width - heat.height) < 1, 'the network sees a square');
  const middle = ({ x, y, width, height }) => [x + width / 2, y + height / 2];
  middle(video).forEach((at, axis) => assert.ok(Math.abs(at - middle(heat)[axis]) < 2, 'in the middle of the video'));
  await page.uncheck('[data-testid=show-why]');
  await page.waitForSelector('[data-testid=live-heat]', { state: 'detached' });
  await page.click('[data-testid=stop-camera]');
});
