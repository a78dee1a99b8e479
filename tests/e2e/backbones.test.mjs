// Three networks to choose from: which suits the pictures, the change to it and back, models of another.

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, test } from 'node:test';
import { classCounts, drop, imported, probabilities, ready, shot, start, trained, withFolder } from './harness.mjs';
import { classFolders } from './photos.mjs';
import { predictedInPython } from './python.mjs';

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

const card = (page, id) => page.locator(`.backbone-card[data-backbone=${id}]`);
const inUse = (page, id) => page.waitForSelector(`[data-testid=backbone-in-use][data-backbone=${id}]`, { timeout: 120_000 });

/** Answers the question that comes before pictures are read again. */
async function change(page, id) {
  await card(page, id).locator('[data-testid=use-backbone]').click();
  await page.click('[data-testid=confirm]');
}

async function packed(page, zip) {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-testid=download]')]);
  await download.saveAs(zip);
  return zip;
}

function assertClose(found, expected) {
  for (const [name, share] of Object.entries(expected)) assert.ok(Math.abs(found[name] - share) < 1e-3, `${name}: ${found[name]} instead of ${share}`);
}

async function classified(page, picture) {
  await page.setInputFiles('[data-testid=try-file]', picture);
  await page.waitForSelector(`[data-testid=try-picture][alt="${basename(picture)}"]`);
  return probabilities(page);
}

function likeliest(shares) {
  return Object.entries(shares).sort(([, a], [, b]) => b - a)[0][0];
}

test('rank the networks, change to another, train and predict with it, and back', { timeout: 400_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    const weights = () => [...graft.served].map((path) => basename(path)).filter((name) => name.endsWith('.safetensors'));
    const { folders, numPhotos, unseen } = await classFolders(root, 8);
    await drop(page, 'graft-welcome', folders);
    await imported(page, numPhotos);
    assert.deepEqual(weights(), ['efficientnet-lite0.safetensors'], 'the others wait until they are asked for');

    await page.click('[data-testid=backbones] summary');
    await page.click('[data-testid=rank-backbones]');
    await page.waitForSelector('[data-testid=ranking-running]');
    await page.click('[data-testid=stop-ranking]');
    await page.waitForSelector('[data-testid=ranking-running]', { state: 'detached' });
    assert.equal(await page.locator('[data-testid=ranking-verdict], [data-testid=ranking-message]').count(), 0);
    await page.click('[data-testid=rank-backbones]');
    await page.waitForSelector('[data-testid=ranking-verdict]', { timeout: 120_000 });
    assert.match(await page.innerText('[data-testid=ranking-verdict]'), new RegExp(`${numPhotos} pictures`));
    assert.equal(await page.locator('[data-testid=log-me]').count(), 3);
    assert.equal(await page.locator('[data-testid=suits]').count(), 1);
    assert.equal(weights().length, 3);
    await page.locator('backbone-choice').scrollIntoViewIfNeeded();
    await shot(page, 'backbones-wide');

    // A model on the one in use, kept as a zip; it goes with the change, the classes stay.
    await trained(page);
    const zip = await packed(page, `${root}/lite0.zip`);
    const before = await classCounts(page);
    await change(page, 'mobilenet-v2');
    await inUse(page, 'mobilenet-v2');
    assert.deepEqual(await classCounts(page), before);
    assert.equal(await page.locator('[data-testid=accuracy]').count(), 0);
    assert.match(await page.innerText('footer'), /MobileNetV2/);
    await trained(page);
    assert.equal(likeliest(await classified(page, unseen.coins)), 'coins');

    // The zip is for another network, and there are pictures: what to do is said.
    await page.evaluate(() => scrollTo(0, 0));
    await drop(page, 'class-panel', [zip]);
    await page.locator('[data-testid=notice]', { hasText: 'was trained with EfficientNet-Lite0' }).waitFor();

    // To a larger square, and back, which needs no picture.
    await change(page, 'efficientnet-lite2');
    await inUse(page, 'efficientnet-lite2');
    await trained(page);
    const answer = await classified(page, unseen.fruit);
    assert.equal(likeliest(answer), 'fruit');
    assertClose(await predictedInPython(`${root}/lite2`, await packed(page, `${root}/lite2.zip`), unseen.fruit), answer);
    await page.click('[data-testid=why-trial]');
    await page.waitForFunction(() => document.querySelector('.heat-picture canvas')?.width === 260, null, { timeout: 60_000 });
    await page.keyboard.press('Escape');
    await change(page, 'efficientnet-lite0');
    await inUse(page, 'efficientnet-lite0');
    assert.deepEqual(await classCounts(page), before);

    await page.setViewportSize({ width: 390, height: 844 });
    await page.locator('backbone-choice').scrollIntoViewIfNeeded();
    await shot(page, 'backbones-phone');
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(sideways <= 0, `the page is ${sideways} px wider than the screen`);
    await page.context().close();
  }));

test('a network by address; an empty page takes a model of another one', { timeout: 200_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit({ query: '?device=cpu&backbone=mobilenet-v2' });
    await ready(page);
    const { folders, numPhotos, unseen } = await classFolders(root, 5);
    await drop(page, 'graft-welcome', folders);
    await imported(page, numPhotos);
    await trained(page);
    const here = await classified(page, unseen.birds);
    const zip = await packed(page, `${root}/mobilenet.zip`);
    assertClose(await predictedInPython(`${root}/mobilenet`, zip, unseen.birds), here);

    const other = await graft.visit();
    await ready(other);
    await drop(other, 'graft-welcome', [zip]);
    await other.waitForSelector('[data-testid=loaded-model]', { timeout: 60_000 });
    await inUse(other, 'mobilenet-v2');
    const there = await classified(other, unseen.birds);
    assertClose(there, here);
    await other.context().close();

    const lost = await graft.visit({ query: '?backbone=resnet' });
    await lost.locator('.failure', { hasText: 'There is no backbone “resnet”' }).waitFor();
    await lost.context().close();
    await page.context().close();
  }));
