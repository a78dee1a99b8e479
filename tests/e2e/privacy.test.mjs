// Nothing leaves the page: the browser is told to refuse it, requests are counted, and no network is needed.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DIST, ready, shot, start, trained } from './harness.mjs';

let graft;
before(async () => {
  graft = await start();
});
after(async () => {
  await graft.close();
});

async function learn(page) {
  await ready(page);
  await page.click('[data-testid=sample-set]');
  await page.waitForSelector('[data-testid=train]:not(:disabled)', { timeout: 60_000 });
  await page.waitForSelector('[data-testid=progress]', { state: 'detached', timeout: 120_000 });
  await trained(page);
}

/** Another site, which answers anybody and counts who asked. */
async function elsewhere() {
  let numRequests = 0;
  const server = createServer((_request, response) => {
    numRequests++;
    response.writeHead(200, { 'access-control-allow-origin': '*' }).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${server.address().port}/`, numRequests: () => numRequests, close: () => server.close() };
}

test('neither the page nor any of its workers can reach another site', async () => {
  const other = await elsewhere();
  const page = await graft.visit();
  const violations = [];
  await page.exposeFunction('noteViolation', (directive) => violations.push(directive));
  await page.evaluate(() => document.addEventListener('securitypolicyviolation', (event) => window.noteViolation(event.violatedDirective)));
  await learn(page);
  assert.deepEqual(violations, [], 'the page itself needs nothing that its policy forbids');

  const attempt = (address) => fetch(address, { method: 'POST', body: 'a picture' }).then(() => 'sent', () => 'refused');
  assert.equal(await page.evaluate(attempt, other.address), 'refused');
  const workers = page.workers();
  assert.ok(workers.length >= 2, 'a trainer and extractors');
  for (const worker of workers) assert.equal(await worker.evaluate(attempt, other.address), 'refused');
  const inline = await page.evaluate(() => {
    const script = document.createElement('script');
    try {
      script.text = 'window.wasRun = true';
      document.body.append(script);
    } catch {
      // Trusted Types refuse the text itself.
    }
    return 'wasRun' in window;
  });
  assert.equal(inline, false, 'no inline script runs');
  assert.equal(other.numRequests(), 0);
  other.close();
  await page.context().close();
});

test('the page counts its requests, all to where it came from', async () => {
  const page = await graft.visit();
  await ready(page);
  await page.waitForSelector('[data-testid=privacy]');
  await page.click('[data-testid=privacy]');
  await page.waitForFunction(() => Number(document.querySelector('[data-testid=request-count]').dataset.own) > 5);
  assert.equal(await page.getAttribute('[data-testid=request-count]', 'data-strangers'), '0');
  await page.waitForSelector('[data-testid=offline][data-ready=true]', { timeout: 60_000 });
  await page.click('.privacy summary');
  const listed = await page.locator('.requests').innerText();
  assert.match(listed, /efficientnet-lite0/, 'the page\'s own requests');
  assert.match(listed, /trainer_bg/, 'and its workers\'');
  await shot(page, 'privacy');
  await page.setViewportSize({ width: 390, height: 844 });
  await shot(page, 'privacy-phone');
  await page.context().close();
});

test('opened once, the page opens, learns and answers in airplane mode', async () => {
  const visited = await start();
  const page = await visited.visit();
  await ready(page);
  await page.click('[data-testid=privacy]');
  await page.waitForSelector('[data-testid=offline][data-ready=true]', { timeout: 60_000 });
  visited.hangUp();
  await page.context().setOffline(true);
  await page.reload();
  await learn(page);
  await page.waitForSelector('[data-testid=accuracy]');
  await visited.close();
});

test('a newer version is announced and comes when it suits', async () => {
  const visited = await start();
  const page = await visited.visit();
  await ready(page);
  await page.click('[data-testid=privacy]');
  await page.waitForSelector('[data-testid=offline][data-ready=true]', { timeout: 60_000 });
  await page.keyboard.press('Escape');
  const worker = await readFile(join(DIST, 'service-worker.js'), 'utf8');
  visited.replaced.set('service-worker.js', `${worker}\n// A newer one.`);
  await page.evaluate(() => navigator.serviceWorker.ready.then((registration) => registration.update()));
  await page.waitForSelector('[data-testid=update]', { timeout: 30_000 });
  const reloaded = page.waitForEvent('framenavigated');
  await page.click('[data-testid=update] .small');
  await reloaded;
  await ready(page);
  assert.equal(await page.locator('[data-testid=update]').count(), 0);
  await visited.close();
});
