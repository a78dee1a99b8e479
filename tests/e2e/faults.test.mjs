// Workers that die and a GPU that goes: the page says so, goes on, and nothing is lost.

import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { card, chooseHiddenLayer, classCounts, DIST, drop, imported, probabilities, ready, start, trained, withFolder } from './harness.mjs';
import { classFolders } from './photos.mjs';
import { png, RGB } from './png.mjs';
import { withMemoryLimit } from './wasm-memory.mjs';

/** Pages of 64 KiB: enough to learn from a few pictures, and not to pack the model. */
const TRAINER_PAGES = 560;
/** Enough for the network and a picture of some megapixels, and not for the one below. */
const EXTRACTOR_PAGES = 1100;
/** Of that picture, in pixels. */
const SIDE = 5000;

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

/** `trainer`, `extractor` or `keeper`, by what it has fetched; the keeper needs nothing. */
async function workers(page, role) {
  const roleOf = async (worker) => {
    const fetched = await worker.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name).join(' '));
    return ['trainer', 'extractor'].find((name) => fetched.includes(`/${name}`)) ?? 'keeper';
  };
  const roles = await Promise.all(page.workers().map(async (worker) => ({ worker, role: await roleOf(worker) })));
  const found = roles.filter((it) => it.role === role).map(({ worker }) => worker);
  assert.ok(found.length > 0, `a worker that is ${role}`);
  return found;
}

/** As the browser ends a worker: no event tells the page. */
const end = async ([worker]) => worker.evaluate(() => self.close());

/** From now on visitors get modules that run out of memory early; returns how to end that. */
async function limitMemory(module, pages) {
  const names = (await readdir(join(DIST, 'assets'))).filter((name) => name.startsWith(`${module}_bg`) && name.endsWith('.wasm'));
  const paths = names.map((name) => `assets/${name}`);
  for (const path of paths) graft.replaced.set(path, withMemoryLimit(await readFile(join(DIST, path)), pages));
  return () => paths.forEach((path) => graft.replaced.delete(path));
}

const saved = (page) => page.waitForSelector('[data-testid=project][data-saving=saved]');

const noticed = (page, words) => page.locator('[data-testid=notice].warning', { hasText: words }).waitFor({ timeout: 60_000 });

/** Until it has been said that something stopped, and what was saved is back. */
async function recovered(page, what) {
  await noticed(page, `${what} stopped working`);
  await page.waitForSelector('[data-testid=restoring]', { state: 'detached' });
}

/** Until some pictures are read, and not all. */
const midway = (page, atLeast = 1) =>
  page.waitForFunction((num) => {
    const progress = document.querySelector('[data-testid=progress] progress');
    return progress && progress.value >= num;
  }, atLeast, { timeout: 240_000, polling: 20 });

test('when the trainer is ended while pictures are read, another reads on', { timeout: 300_000 }, () =>
  withFolder(async (root) => {
    const { folders } = await classFolders(root, 20);
    const page = await graft.visit({ query: '?device=cpu&workers=1' });
    await ready(page);
    const trainer = await workers(page, 'trainer');
    await drop(page, 'graft-welcome', folders);
    await midway(page, 5);
    await end(trainer);
    await recovered(page, 'The trainer');
    await imported(page, 60);
    assert.deepEqual(await classCounts(page), { birds: 20, coins: 20, fruit: 20 });
    assert.equal(await page.locator('[data-testid=problem]').count(), 0);
    await trained(page);
    await saved(page);
    await page.reload();
    await ready(page);
    await imported(page, 60);
    assert.deepEqual(await classCounts(page), { birds: 20, coins: 20, fruit: 20 }, 'it was saved, too');
    await page.context().close();
  }));

test('when the trainer runs out of memory, another goes on with all there was', { timeout: 300_000 }, () =>
  withFolder(async (root) => {
    const { folders, unseen } = await classFolders(root, 8);
    const unlimited = await limitMemory('trainer', TRAINER_PAGES);
    const page = await graft.visit();
    await ready(page);
    await drop(page, 'graft-welcome', folders);
    await imported(page, 24);
    await trained(page);
    const accuracy = await page.innerText('[data-testid=accuracy]');
    unlimited();
    // Packing the whole network takes more.
    await page.click('[data-testid=download]');
    await recovered(page, 'The trainer');
    assert.equal(await page.innerText('[data-testid=accuracy]'), accuracy);
    assert.deepEqual(await classCounts(page), { birds: 8, coins: 8, fruit: 8 });
    await page.setInputFiles('[data-testid=try-file]', unseen.fruit);
    const said = await probabilities(page);
    assert.ok(said.fruit > said.birds && said.fruit > said.coins, JSON.stringify(said));
    await page.context().close();
  }));

test('what was learned, the history and edits made meanwhile survive the trainer', { timeout: 300_000 }, () =>
  withFolder(async (root) => {
    const { folders } = await classFolders(root, 8);
    const page = await graft.visit();
    await ready(page);
    await drop(page, 'graft-welcome', folders);
    await imported(page, 24);
    await trained(page);
    const accuracy = await page.innerText('[data-testid=accuracy]');
    const trainer = await workers(page, 'trainer');
    // The edit reaches a worker that is gone.
    await end(trainer);
    const name = card(page, 'birds').locator('.class-name');
    await name.fill('feathered');
    await name.press('Enter');
    await recovered(page, 'The trainer');
    await card(page, 'feathered').waitFor();
    assert.equal(await page.innerText('[data-testid=accuracy]'), accuracy);
    await page.click('[data-testid=undo]');
    await card(page, 'birds').waitFor();
    await page.click('[data-testid=undo]');
    await page.waitForFunction(() => document.querySelectorAll('class-card').length < 3);
    await page.click('[data-testid=redo]');
    await imported(page, 24);
    await page.context().close();
  }));

test('when it stops again and again the page gives up, with what was saved in safety', { timeout: 300_000 }, () =>
  withFolder(async (root) => {
    const { folders } = await classFolders(root, 4);
    const page = await graft.visit();
    await ready(page);
    await drop(page, 'graft-welcome', folders);
    await imported(page, 12);
    await saved(page);
    for (let time = 0; time < 3; time++) {
      await end(await workers(page, 'trainer'));
      if (time === 2) break;
      await recovered(page, 'The trainer');
      await page.click('[data-testid=notice] button');
      await imported(page, 12);
    }
    await page.waitForSelector('.failure');
    assert.match(await page.innerText('.failure'), /trainer stopped working.+Reload the page/s);
    await page.reload();
    await ready(page);
    await imported(page, 12);
    await page.context().close();
  }));

test('when an extractor is ended its picture is read by another', { timeout: 300_000 }, () =>
  withFolder(async (root) => {
    const { folders } = await classFolders(root, 20);
    const page = await graft.visit({ query: '?device=cpu&workers=2' });
    await ready(page);
    const extractors = await workers(page, 'extractor');
    await drop(page, 'graft-welcome', folders);
    await midway(page, 3);
    await end(extractors);
    await imported(page, 60);
    assert.equal(await page.locator('[data-testid=problem]').count(), 0);
    await page.context().close();
  }));

test('a picture for which there is not enough memory is told of, and the rest is read', { timeout: 300_000 }, () =>
  withFolder(async (root) => {
    const { folders } = await classFolders(root, 8);
    await writeFile(join(folders[0], 'poster.png'), png(SIDE, SIDE, RGB, Buffer.alloc(SIDE * (3 * SIDE + 1))));
    const unlimited = await limitMemory('extractor', EXTRACTOR_PAGES);
    const page = await graft.visit({ query: '?device=cpu&workers=2' });
    await ready(page);
    await drop(page, 'graft-welcome', folders);
    await imported(page, 24);
    await page.click('[data-testid=problems] summary');
    const [problem, ...more] = await page.locator('[data-testid=problem]').allInnerTexts();
    assert.match(problem, /poster\.png.+not enough memory for its 5000 × 5000 pixels/s);
    assert.deepEqual(more, []);
    unlimited();
    await page.context().close();
  }));

test('when what saves is ended the page says that nothing is saved any more', { timeout: 120_000 }, () =>
  withFolder(async (root) => {
    const { folders } = await classFolders(root, 4);
    const page = await graft.visit();
    await ready(page);
    await drop(page, 'graft-welcome', folders);
    await imported(page, 12);
    await saved(page);
    await end(await workers(page, 'keeper'));
    await noticed(page, 'Not saved');
    await page.waitForSelector('[data-testid=project][data-saving=stuck]');
    await page.reload();
    await ready(page);
    await imported(page, 12);
    await page.context().close();
  }));

/** The graphics process dies, and with it every device. */
async function loseGpu() {
  const session = await graft.browser.newBrowserCDPSession();
  await session.send('Browser.crashGpuProcess').catch(() => {});
  await session.detach().catch(() => {});
}

test('when WebGPU is lost while pictures are read, the CPU reads on', { timeout: 600_000 }, () =>
  withFolder(async (root) => {
    const { folders } = await classFolders(root, 12);
    const page = await graft.visit({ query: '?device=webgpu' });
    assert.equal(await ready(page, 240_000), 'webgpu');
    await drop(page, 'graft-welcome', folders);
    await midway(page);
    await loseGpu();
    await recovered(page, 'WebGPU');
    assert.equal(await page.waitForSelector('[data-testid=device][data-device=cpu]') && (await ready(page)), 'cpu');
    await imported(page, 36);
    assert.equal(await page.locator('[data-testid=problem]').count(), 0);
    assert.match(await page.innerText('page-header'), /WebGPU stopped working/);
    await trained(page);
    await page.context().close();
  }));

test('when WebGPU is lost while a head is trained, the CPU trains it', { timeout: 600_000 }, () =>
  withFolder(async (root) => {
    const { folders } = await classFolders(root, 3);
    const page = await graft.visit({ query: '?device=webgpu' });
    assert.equal(await ready(page, 240_000), 'webgpu');
    await drop(page, 'graft-welcome', folders);
    await imported(page, 9, 240_000);
    await chooseHiddenLayer(page, 100);
    await page.click('[data-testid=train]');
    await page.waitForSelector('[data-testid=stop]');
    await page.waitForFunction(() => /Epoch [1-9]/.test(document.querySelector('[data-testid=course]')?.textContent ?? ''), null, { timeout: 120_000 });
    await loseGpu();
    await recovered(page, 'WebGPU');
    await page.waitForFunction(() => /on the CPU/.test(document.querySelector('[data-testid=kept]')?.textContent ?? ''), null, { timeout: 120_000 });
    assert.deepEqual(await classCounts(page), { birds: 3, coins: 3, fruit: 3 });
    await page.context().close();
  }));

test('a trainer that can\'t even be loaded is a failure told at once', { timeout: 60_000 }, async () => {
  const page = await graft.visit({ query: 'favicon.svg' });
  await page.context().route('**/trainer_bg*.wasm', (route) => route.abort());
  await page.goto(new URL('./?device=cpu', page.url()).href);
  await page.waitForSelector('.failure');
  assert.match(await page.innerText('.failure'), /trainer stopped working/);
  assert.equal(await page.locator('[data-testid=restoring]').count(), 0);
  await page.context().close();
});
