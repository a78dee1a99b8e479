// The main job, end to end, on real photos: drop, learn, see, try, download, come back.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { chooseHiddenLayer, classCounts, drop, imported, probabilities, ready, start, trained, withFolder } from './harness.mjs';
import { classFolders } from './photos.mjs';
import { predictedInPython } from './python.mjs';
import { safetensors, unzip } from './zip.mjs';

/** f16 weights, other orders of summation: below this two answers are the same. */
const TOLERANCE = 1e-3;

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

test('a stranger drops folders, trains, tries, downloads, and comes back with the zip', () =>
  withFolder(async (root) => {
    let page = await graft.visit();
    const { folders, unseen } = await classFolders(root, 14);
    await ready(page);

    const overlay = await drop(page, 'graft-welcome', folders);
    assert.match(overlay, /each folder becomes a class/);
    await imported(page, 42);
    assert.deepEqual(await classCounts(page), { birds: 14, coins: 14, fruit: 14 });

    await trained(page);
    const accuracy = parseFloat(await page.innerText('[data-testid=accuracy]'));
    assert.ok(accuracy >= 70, `accuracy on held-out photos is ${accuracy}%`);
    assert.match(await page.innerText('[data-testid=interval]'), /between \d+% and \d+%/);
    assert.match(await page.innerText('[data-testid=kept]'), /on the CPU; reached the optimum in \d+ steps/);

    const diagonal = page.locator('[data-testid=confusion] td.right button').first();
    const promised = Number(await diagonal.innerText());
    await diagonal.click();
    await page.waitForSelector('[data-testid=cell-pictures] .cell img');
    assert.equal(await page.locator('[data-testid=cell-pictures] .cell').count(), promised);

    await page.setInputFiles('[data-testid=try-file]', unseen.fruit);
    const first = await probabilities(page);
    assert.ok(Math.abs(Object.values(first).reduce((a, b) => a + b) - 1) < TOLERANCE);
    assert.equal(largest(first), 'fruit');

    const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-testid=download]')]);
    assert.equal(download.suggestedFilename(), 'graft-model.zip');
    const zip = join(root, 'graft-model.zip');
    await download.saveAs(zip);
    assertClose(await predictedInPython(join(root, 'model'), zip, unseen.fruit), first);

    // On another computer: here the project itself would be back.
    await page.context().close();
    page = await graft.visit();
    await ready(page);
    await drop(page, 'graft-welcome', [zip]);
    await page.waitForSelector('[data-testid=loaded-model]');
    await page.setInputFiles('[data-testid=try-file]', unseen.fruit);
    assertClose(await probabilities(page), first);
    await page.context().close();
  }));

test('the folder button does what a drop does', () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await classFolders(join(root, 'pictures'), 3);
    await ready(page);
    await page.setInputFiles('[data-testid=pick-folder]', join(root, 'pictures'));
    await imported(page, 9);
    assert.deepEqual(await classCounts(page), { birds: 3, coins: 3, fruit: 3 });
    await page.context().close();
  }));

test('a visitor without pictures trains on the sample set in one click', async () => {
  const page = await visitWithSampleSet();
  assert.ok(Object.keys(await classCounts(page)).length >= 2);
  await trained(page);
  await page.context().close();
});

test('a linear head has no settings but its objective\'s, a hidden layer has them all', async () => {
  const page = await visitWithSampleSet();
  await page.click('[data-testid=settings] summary');
  const fields = () => page.$$eval('[data-testid=settings] input', (inputs) => inputs.map(({ id }) => id.replace('set-', '')).filter((id) => id));
  const split = ['validationFraction', 'seed'];
  const objective = ['weightDecay', ...split, 'balance'];
  assert.deepEqual(await fields(), objective);
  await page.selectOption('#set-head', 'ridge');
  await page.waitForSelector('#set-weightDecay', { state: 'detached' });
  assert.deepEqual(await fields(), split);
  await page.selectOption('#set-head', 'mlp');
  await page.waitForSelector('#set-hiddenUnits');
  assert.deepEqual(await fields(), ['hiddenUnits', 'learningRate', 'numEpochs', 'batchSize', ...objective]);
  await page.context().close();
});

test('stopping keeps the best epoch so far', async () => {
  const page = await visitWithSampleSet();
  await chooseHiddenLayer(page, 20_000);
  assert.equal(await page.inputValue('#set-numEpochs'), '10000', 'what is too much becomes the most there is');
  // A double-click trains too: its second half must not stop the run.
  await page.dblclick('[data-testid=train]');
  await page.waitForFunction(() => /Epoch [1-9]/.test(document.querySelector('[data-testid=course]')?.textContent ?? ''));
  await page.click('[data-testid=stop]');
  await page.waitForSelector('[data-testid=accuracy]', { timeout: 10_000 });
  assert.match(await page.innerText('[data-testid=kept]'), /kept epoch \d+ of \d+/);
  await page.context().close();
});

test('WebGPU and CPU agree on features, head and probabilities', { timeout: 600_000 }, () =>
  withFolder(async (root) => {
    const { folders, unseen } = await classFolders(root, 3, { birds: 'animals/birds', fruit: 'food/fruit' });
    const results = {};
    for (const device of ['cpu', 'webgpu']) {
      const page = await graft.visit({ query: `?device=${device}` });
      assert.equal(await ready(page, 240_000), device, await page.innerText('body'));
      await drop(page, 'graft-welcome', folders);
      await imported(page, 6, 240_000);
      // Softmax regression is trained on the CPU either way: its head shows whether the features agree.
      await trained(page);
      const optimum = await learned(page, unseen.fruit);
      // The hidden layer learns on the device; few steps, for SwiftShader takes two a second.
      await chooseHiddenLayer(page, 10);
      await page.click('[data-testid=train]');
      // The results of the first head are there until then.
      await page.waitForFunction(() => /kept epoch/.test(document.querySelector('[data-testid=kept]')?.textContent ?? ''), null, { timeout: 180_000 });
      assert.match(await page.innerText('[data-testid=kept]'), device === 'webgpu' ? /on the GPU/ : /on the CPU/);
      results[device] = { optimum, hidden: await learned(page, unseen.birds) };
      await page.context().close();
    }
    assertClose(results.webgpu.optimum.answer, results.cpu.optimum.answer);
    assertSameHead(results.webgpu.optimum.zip, results.cpu.optimum.zip);
    assertClose(results.webgpu.hidden.answer, results.cpu.hidden.answer);
  }));

/** What the model says of a photo, and the model itself. */
async function learned(page, photo) {
  await page.setInputFiles('[data-testid=try-file]', photo);
  await page.waitForSelector(`[data-testid=try-picture][alt="${basename(photo)}"]`);
  const answer = await probabilities(page);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-testid=download]')]);
  return { answer, zip: await readFile(await download.path()) };
}

/** A visitor who took the sample set, all of it read. */
async function visitWithSampleSet() {
  const page = await graft.visit();
  await ready(page);
  await page.click('[data-testid=sample-set]');
  await page.waitForSelector('[data-testid=train]:not(:disabled)', { timeout: 60_000 });
  await page.waitForSelector('[data-testid=progress]', { state: 'detached', timeout: 120_000 });
  return page;
}

function largest(answer) {
  return Object.entries(answer).reduce((a, b) => (b[1] > a[1] ? b : a))[0];
}

function assertClose(answer, expected) {
  assert.deepEqual(Object.keys(answer), Object.keys(expected));
  for (const [name, share] of Object.entries(expected)) {
    assert.ok(Math.abs(answer[name] - share) < TOLERANCE, `${name}: ${answer[name]} instead of ${share}`);
  }
}

/** The head is what training made of the features: if those differed, it would too. */
function assertSameHead(zip, expectedZip) {
  const [tensors, expected] = [zip, expectedZip].map(
    (bytes) => safetensors(unzip(bytes)['graft.safetensors']).tensors);
  const names = Object.keys(expected).filter((name) => !name.startsWith('backbone.'));
  assert.deepEqual(names.sort(), ['features.mean', 'head.0.bias', 'head.0.weight']);
  for (const name of names) {
    const { values } = expected[name];
    const worst = values.reduce((max, value, index) => Math.max(max, Math.abs(value - tensors[name].values[index])), 0);
    assert.ok(worst < TOLERANCE, `${name} differs by ${worst}`);
  }
}
