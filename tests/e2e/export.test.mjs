// The model leaves the page in every format, and the programs it was made for answer as the page does.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { drop, imported, probabilities, ready, shot, start, trained, withFolder } from './harness.mjs';
import { classFolders, spread } from './photos.mjs';
import { PYTHON } from './python.mjs';
import { inOnnxruntime, inTeachableMachine, inTensorFlowJs, serveRuntimes } from './runtimes.mjs';
import { unzip } from './zip.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
/** Pictures that the page and every program are asked about. */
const NUM_PICTURES = 50;

/** Largest difference of a probability, with 32 and with 16 bits a number. */
const FULL = 2e-3;
const HALF = 1e-2;

let graft;
before(async () => (graft = await start({ args: ['--enable-unsafe-swiftshader'] })));
after(() => graft.close());

test('all formats answer as the page does, in the programs they are for', { timeout: 1_200_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    const { folders, numPhotos } = await classFolders(root, 10);
    await drop(page, 'graft-welcome', folders);
    await imported(page, numPhotos);
    await trained(page);

    const photos = await spread(NUM_PICTURES);
    const expected = [];
    for (const photo of photos) expected.push(await answerOf(page, photo));

    await page.click('[data-testid=formats] summary');
    await page.waitForSelector('[data-testid=download-onnx]');
    const zips = {};
    for (const format of ['onnx', 'huggingFace', 'tfLite', 'tensorFlowJs', 'burn']) zips[format] = await downloaded(page, root, format);
    await page.check('[data-testid=half]');
    for (const format of ['onnx', 'huggingFace', 'tfLite', 'burn']) zips[`${format}-half`] = await downloaded(page, root, format);
    zips.graft = await downloaded(page, root, 'graft', '[data-testid=download]');
    await page.locator('export-formats').scrollIntoViewIfNeeded();
    await shot(page, 'export-formats');
    await page.context().close();

    for (const format of ['graft', 'onnx', 'onnx-half', 'huggingFace', 'huggingFace-half', 'tfLite', 'tfLite-half']) {
      const squares = format === 'onnx' ? ['--squares', join(root, 'squares')] : [];
      const { stdout } = await promisify(execFile)(PYTHON, [join(HERE, 'exported.py'), ...squares, zips[format], ...photos], { maxBuffer: 1e8 });
      const { labels, answers, verified, said } = JSON.parse(stdout);
      assert.ok(verified, `${format}: ${said}`);
      assertAgree(`${format} in Python`, named(labels, answers), expected, format.endsWith('-half') ? HALF : FULL);
    }

    await assertSameNumbers(zips.graft, zips['burn-half']);
    const { size, labels } = await about(zips.onnx);
    const runtimes = await serveRuntimes(root);
    const squares = photos.map((_, at) => `squares/${at}.rgb`);
    const visit = async () => {
      const context = await graft.browser.newContext();
      const tab = await context.newPage();
      tab.on('pageerror', (error) => console.error('page error:', error.message));
      await tab.goto(runtimes.address);
      return tab;
    };
    try {
      for (const format of ['onnx', 'onnx-half']) {
        const answers = await inOnnxruntime(await visit(), `${format}/model.onnx`, squares, size);
        assertAgree(`${format} in onnxruntime-web`, named(labels, answers), expected, format === 'onnx' ? FULL : HALF);
      }
      const today = await inTensorFlowJs(await visit(), 'tensorFlowJs', squares, size);
      assertAgree('TensorFlow.js', named(labels, today), expected, FULL);
      const teachable = await inTeachableMachine(await visit(), 'tensorFlowJs', squares, size);
      assertAgree('Teachable Machine', named(teachable.labels, teachable.answers), expected, FULL);
    } finally {
      runtimes.close();
    }
    assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');

    // As its README says, with TensorFlow.js as it is today.
    await mkdir(join(root, 'tensorFlowJs/node_modules/@tensorflow'), { recursive: true });
    await symlink(join(HERE, 'node_modules/tfjs-today'), join(root, 'tensorFlowJs/node_modules/@tensorflow/tfjs'));
    await writeFile(join(root, 'tensorFlowJs/package.json'), '{"type": "module"}');
    const { stdout } = await promisify(execFile)('node', ['verify.mjs'], { cwd: join(root, 'tensorFlowJs') });
    assert.match(stdout, /The same as the page\./);
  }));

async function answerOf(page, photo) {
  await page.setInputFiles('[data-testid=try-file]', photo);
  await page.waitForSelector(`[data-testid=try-picture][alt="${basename(photo)}"]`);
  await page.waitForSelector('[data-testid=bars]');
  return probabilities(page);
}

/** Asks for a format, unpacks it into a folder of that name, and returns the folder. */
async function downloaded(page, root, format, button = `[data-testid=download-${format}]`) {
  const [download] = await Promise.all([page.waitForEvent('download', { timeout: 60_000 }), page.click(button)]);
  const name = download.suggestedFilename();
  await page.locator('[data-testid=self-test]', { hasText: `${name} is tested` }).waitFor();
  const folder = join(root, name.includes('-half') ? `${format}-half` : format);
  for (const [path, content] of Object.entries(unzip(await readFile(await download.path())))) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

/**
 * Burn's record has all tensors of Graft's own file, byte for byte, where Burn reads them in place.
 * Compiling the crate beside it would take minutes; tests/burn_record.rs runs its code.
 */
async function assertSameNumbers(graftFolder, burnFolder) {
  const file = await readFile(join(graftFolder, 'graft.safetensors'));
  const record = await readFile(join(burnFolder, 'model.bpk'));
  const begin = 8 + Number(file.readBigUInt64LE());
  const { __metadata__, ...tensors } = JSON.parse(file.subarray(8, begin));
  for (const [name, { data_offsets }] of Object.entries(tensors)) {
    const numbers = file.subarray(...data_offsets.map((offset) => begin + offset));
    let at = record.indexOf(numbers);
    while (at % 256 > 0) at = record.indexOf(numbers, at + 1);
    assert.ok(at > 0, `Burn's record lacks ${name}`);
  }
  assert.equal(record.toString('latin1', 0, 4), 'NRUB');
}

async function about(folder) {
  const { labels } = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8'));
  const png = await readFile(join(folder, 'probe.png'));
  return { labels, size: png.readUInt32BE(16) };
}

function named(labels, answers) {
  return answers.map((shares) => Object.fromEntries(shares.map((share, at) => [labels[at], share])));
}

function assertAgree(who, found, expected, tolerance) {
  assert.equal(found.length, expected.length);
  let most = 0;
  for (const [at, answer] of found.entries()) {
    assert.equal(likeliest(answer), likeliest(expected[at]), `${who}, picture ${at}`);
    for (const [name, share] of Object.entries(expected[at])) most = Math.max(most, Math.abs(answer[name] - share));
  }
  console.log(`${who}: ${found.length} pictures, the same answers, probabilities differ by at most ${most.toExponential(1)}`);
  assert.ok(most < tolerance, `${who}: a probability differs by ${most}`);
}

function likeliest(answer) {
  return Object.entries(answer).reduce((a, b) => (b[1] > a[1] ? b : a))[0];
}
