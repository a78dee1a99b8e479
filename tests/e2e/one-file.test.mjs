// The one-file app: downloaded from the page, opened from the disk without a network, it answers as the page does.

import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { drop, imported, probabilities, ready, SHOTS, shot, stamps, start, trained, withFolder } from './harness.mjs';
import { brokenFolder, classFolders, jpegFrom, spread, SUBJECTS } from './photos.mjs';
import { unzip } from './zip.mjs';

/** Pictures that the page and the app are asked about. */
const NUM_PICTURES = 50;
/** Largest difference of a probability. */
const TOLERANCE = 2e-3;

let graft;
before(async () => {
  graft = await start({ args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] });
});
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

test('the app answers as the page does, without a network', { timeout: 600_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    const { folders, numPhotos } = await classFolders(root, 10);
    await drop(page, 'graft-welcome', folders);
    await imported(page, numPhotos);
    await trained(page);
    const photos = await spread(NUM_PICTURES);
    const expected = await batchOn(page, photos);
    await page.click('[data-testid=formats] summary');
    await page.locator('[data-testid=download-oneFile]').scrollIntoViewIfNeeded();
    await shot(page, 'export-one-file');
    const [download] = await Promise.all([page.waitForEvent('download', { timeout: 60_000 }), page.click('[data-testid=download-oneFile]')]);
    assert.equal(download.suggestedFilename(), 'graft-app.html');
    await page.locator('[data-testid=self-test]', { hasText: 'graft-app.html is tested' }).waitFor();
    const jpeg = await jpegFrom(page);
    const path = join(root, 'graft-app.html');
    await download.saveAs(path);
    await page.context().close();

    await checkApp(path, photos, expected, folders[0]);
    await checkTroubles(path, root, jpeg);
    await checkCamera(path);
    await checkSilence(path);
    await look(path, photos);
  }));

test('an app is made in airplane mode, too', { timeout: 240_000 }, () =>
  withFolder(async (root) => {
    const visited = await start();
    const page = await visited.visit();
    await ready(page);
    await page.click('[data-testid=privacy]');
    await page.waitForSelector('[data-testid=offline][data-ready=true]', { timeout: 60_000 });
    await page.keyboard.press('Escape');
    await page.click('[data-testid=sample-set]');
    await page.waitForSelector('[data-testid=train]:not(:disabled)', { timeout: 60_000 });
    await page.waitForSelector('[data-testid=progress]', { state: 'detached', timeout: 120_000 });
    await trained(page);
    // It is fetched when there is a model for it, not before.
    await page.waitForFunction(async () => {
      const kept = await (await caches.open('graft-large')).keys();
      return kept.some(({ url }) => url.includes('one-file'));
    });
    visited.hangUp();
    await page.context().setOffline(true);
    await page.click('[data-testid=formats] summary');
    const [download] = await Promise.all([page.waitForEvent('download', { timeout: 60_000 }), page.click('[data-testid=download-oneFile]')]);
    const path = join(root, 'graft-app.html');
    await download.saveAs(path);
    const app = await opened(path);
    await selfTest(app);
    await app.context().close();
    await visited.close();
  }));

/** What the page says of pictures, in their order. */
async function batchOn(page, photos) {
  await page.setInputFiles('[data-testid=try-file]', photos);
  await page.waitForSelector(`[data-testid=batch][data-running=false][data-answered="${photos.length}"]`, { timeout: 120_000 });
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-testid=batch-json]')]);
  const { predictions } = JSON.parse(await readFile(await download.path(), 'utf8'));
  return predictions.map(({ probabilities: each, answer, looksFamiliar }) => ({ each, answer, looksFamiliar }));
}

/** The app in a browser that has no network. */
async function opened(path, options = {}) {
  const context = await graft.browser.newContext({ viewport: { width: 1280, height: 900 }, offline: true, ...options });
  const app = await context.newPage();
  app.on('pageerror', (error) => console.error('page error:', error.message));
  app.on('console', (message) => {
    if (message.type() === 'error') console.error('page console:', message.text());
  });
  await app.goto(pathToFileURL(path).href);
  return app;
}

async function selfTest(app) {
  await app.waitForSelector('html[data-ready=true]', { timeout: 60_000 });
  const words = await app.innerText('[data-testid=self-test]');
  assert.match(words, /Self-test passed: differs by (less than )?0\.0000\d\d/);
  assert.ok(!(await app.isVisible('[data-testid=alarm]')));
}

async function choose(app, paths) {
  const before = await app.locator('.row, [data-testid=problem]').count();
  await app.setInputFiles('[data-testid=files]', paths);
  await app.waitForFunction((num) => document.querySelectorAll('.row, [data-testid=problem]').length === num, before + paths.length, { timeout: 120_000 });
}

const answersOn = (app) =>
  app.$$eval('.row', (rows) => rows.map((row) => ({ path: row.dataset.path, ...row.dataset, each: JSON.parse(row.dataset.probabilities) })));

async function checkApp(path, photos, expected, folder) {
  const app = await opened(path);
  await selfTest(app);
  assert.match(await app.innerText('[data-testid=device]'), /WebAssembly SIMD\)$/, 'in a worker');
  const classes = Object.keys(SUBJECTS);
  assert.match(await app.title(), new RegExp(classes.join(', ')));
  const numInFolder = (await readdir(folder)).length;
  await choose(app, photos);
  const answers = await answersOn(app);
  let most = 0;
  answers.forEach(({ each, predicted, path: name }, at) => {
    const wanted = expected[at].each;
    assert.equal(name, basename(photos[at]));
    assert.equal(predicted, classes[wanted.indexOf(Math.max(...wanted))], name);
    each.forEach((share, index) => (most = Math.max(most, Math.abs(share - wanted[index]))));
  });
  console.log(`The app: probabilities of ${photos.length} pictures differ by at most ${most.toExponential(1)}`);
  assert.ok(most < TOLERANCE, `${most}`);

  const table = (await savedBy(app, 'csv')).toString().replace('\ufeff', '').trim().split('\r\n');
  assert.equal(table[0], `"picture","answer","confidence","looks_familiar",${classes.map((name) => `"p(${name})"`).join(',')},"problem"`);
  assert.equal(table.length, photos.length + 1);
  const said = table.slice(1).map((line) => line.split(',')[1].slice(1, -1));
  assert.deepEqual(said, expected.map(({ answer }) => answer), 'None of these, where the page says so');

  // A page from a disk gets dropped folders by another way than one from a server.
  await drop(app, '[data-testid=stage]', [folder]);
  await app.waitForFunction((num) => document.querySelectorAll('.row').length === num, photos.length + numInFolder, { timeout: 60_000 });

  await app.click('[data-testid=card] summary');
  assert.match(await app.innerText('#card'), /Model card[\s\S]*held-out pictures were named right[\s\S]*Known limits/);
  const inside = unzip(await savedBy(app, 'take-model'));
  assert.ok('graft.safetensors' in inside && 'probe.png' in inside, 'the model comes out again');
  await app.context().close();
}

async function savedBy(app, testid) {
  const [download] = await Promise.all([app.waitForEvent('download'), app.click(`[data-testid=${testid}]`)]);
  return readFile(await download.path());
}

/** What can't be read costs nothing else; a damaged file says so. */
async function checkTroubles(path, root, jpeg) {
  const app = await opened(path);
  await selfTest(app);
  const { folder } = await brokenFolder(root, jpeg);
  const broken = ['cut off.jpg', 'letter.png', 'empty.png', 'huge.png'];
  const [photo] = await stamps(SUBJECTS.fruit, 1);
  await choose(app, [...broken.map((name) => join(folder, name)), photo]);
  const problems = await app.locator('[data-testid=problem]').allInnerTexts();
  broken.forEach((name, at) => assert.ok(problems[at].startsWith(`${name}: `), problems[at]));
  assert.equal(await app.locator('.row').count(), 1, 'the good one is answered');

  // A long list can be stopped, and what was answered by then stays.
  const many = await stamps('animals');
  await app.setInputFiles('[data-testid=files]', [...many, ...many]);
  await app.waitForFunction(() => document.querySelectorAll('.row').length > 3);
  await app.click('[data-testid=stop]');
  await app.waitForSelector('#course', { state: 'hidden' });
  const num = await app.locator('.row').count();
  assert.ok(num > 3 && num < 2 * many.length, `${num}`);

  // A worker that breaks down is replaced.
  await app.workers()[0].evaluate(() => setTimeout(() => {
    throw new Error('made up by the test');
  }));
  await app.waitForTimeout(300);
  await choose(app, [photo]);
  assert.equal(await app.locator('.row').count(), num + 1);
  await app.context().close();

  const text = await readFile(path, 'utf8');
  await writeFile(join(root, 'cut.html'), text.slice(0, text.length / 2));
  const cut = await opened(join(root, 'cut.html'));
  await cut.waitForSelector('[data-testid=alarm]');
  assert.match(await cut.innerText('[data-testid=alarm]'), /damaged|can't be used/);
  await cut.context().close();
}

async function checkCamera(path) {
  const app = await opened(path);
  await selfTest(app);
  await app.click('[data-testid=camera]');
  const first = await probabilities(app);
  await app.waitForFunction((before) => {
    const bars = [...document.querySelectorAll('[data-testid=bars] li')].map((item) => Number(item.dataset.probability));
    return bars.length > 0 && JSON.stringify(bars) !== before;
  }, JSON.stringify(Object.values(first)), { timeout: 20_000 });
  await app.click('[data-testid=keep]');
  await app.waitForSelector('.row');
  await shot(app, 'one-file-camera');
  await app.click('[data-testid=camera]');
  await app.waitForSelector('#video', { state: 'hidden' });
  await app.context().close();

  const bare = await start();
  const context = await bare.browser.newContext();
  const without = await context.newPage();
  await without.goto(pathToFileURL(path).href);
  await selfTest(without);
  await without.click('[data-testid=camera]');
  await without.waitForSelector('[data-testid=camera-trouble]');
  assert.match(await without.innerText('[data-testid=camera-trouble]'), /camera/i);
  await bare.close();
}

/** With a network, too, the browser lets neither the app nor its worker send anything. */
async function checkSilence(path) {
  let numRequests = 0;
  const server = createServer((_request, response) => {
    numRequests++;
    response.writeHead(200, { 'access-control-allow-origin': '*' }).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${server.address().port}/`;
  const app = await opened(path, { offline: false });
  await selfTest(app);
  const attempt = (to) => fetch(to, { method: 'POST', mode: 'no-cors', body: 'a picture' }).then(() => 'sent', () => 'refused');
  assert.equal(app.workers().length, 1);
  for (const place of [app, app.workers()[0]]) assert.equal(await place.evaluate(attempt, address), 'refused');
  await app.evaluate((to) => new Promise((resolve) => {
    const image = new Image();
    image.onload = image.onerror = resolve;
    image.src = `${to}?a-picture`;
  }), address);
  assert.equal(numRequests, 0);
  await app.context().close();
  server.close();
}

/** Pictures of it for people to look at. */
async function look(path, photos) {
  for (const colorScheme of ['light', 'dark']) {
    for (const [size, viewport] of Object.entries({ wide: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } })) {
      const app = await opened(path, { colorScheme, viewport });
      await selfTest(app);
      await shot(app, `one-file-empty-${size}-${colorScheme}`);
      await choose(app, photos.slice(0, 12));
      await choose(app, (await stamps(SUBJECTS.fruit, 4)).slice(3));
      await app.waitForTimeout(300);
      await shot(app, `one-file-${size}-${colorScheme}`);
      await app.click('[data-testid=card] summary');
      await app.screenshot({ path: join(SHOTS, `one-file-all-${size}-${colorScheme}.png`), fullPage: true });
      const sideways = await app.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(sideways <= 0, `the app is ${sideways} px wider than the screen`);
      await app.context().close();
    }
  }
}
