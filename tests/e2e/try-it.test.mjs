// The webcam and pasting, and what is said where there is no camera.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { classCounts, probabilities, ready, stamps, start, trained } from './harness.mjs';

let graft;
before(async () => {
  graft = await start({ args: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] });
});
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

async function trainedPage(visitor = graft) {
  const page = await visitor.visit();
  await ready(page);
  await page.click('[data-testid=sample-set]');
  await page.waitForSelector('[data-testid=train]:not(:disabled)', { timeout: 60_000 });
  await page.waitForSelector('[data-testid=progress]', { state: 'detached', timeout: 120_000 });
  await trained(page);
  return page;
}

async function paste(page, path) {
  const bytes = [...(await readFile(path))];
  await page.evaluate((content) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([new Uint8Array(content)], 'image.png', { type: 'image/png' }));
    document.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  }, bytes);
}

test('the webcam is answered a few times a second until it is stopped', async () => {
  const page = await trainedPage();
  await page.click('[data-testid=start-camera]');
  const first = await probabilities(page);
  await page.waitForFunction((before) => {
    const bars = [...document.querySelectorAll('[data-testid=bars] li')].map((item) => Number(item.dataset.probability));
    return JSON.stringify(bars) !== before;
  }, JSON.stringify(Object.values(first)), { timeout: 20_000 });
  await page.click('[data-testid=stop-camera]');
  await page.waitForSelector('try-panel video', { state: 'detached' });
  await page.context().close();
});

test('without a camera the page says so', async () => {
  const bare = await start();
  const page = await trainedPage(bare);
  await page.click('[data-testid=start-camera]');
  await page.waitForSelector('[data-testid=camera-trouble]');
  assert.match(await page.innerText('[data-testid=camera-trouble]'), /camera/i);
  await bare.close();
});

test('a paste over "Try it" asks the model, a paste over a class adds to it', async () => {
  const page = await trainedPage();
  const [photo] = await stamps('food/fruit', 1);
  await page.hover('try-panel h2');
  await paste(page, photo);
  await probabilities(page);

  const [[name, num]] = Object.entries(await classCounts(page));
  await page.hover(`class-card[data-class-name="${name}"] .class-head`);
  await paste(page, photo);
  await page.waitForFunction(([className, wanted]) =>
    document.querySelector(`class-card[data-class-name="${className}"] [data-testid=class-count]`).textContent === String(wanted),
  [name, num + 1]);
  await page.context().close();
});
