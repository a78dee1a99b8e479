// Two kinds of pictures, all ways to learn side by side, and one of them in use.

import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { drop, imported, ready, shot, stamps, start, withFolder } from './harness.mjs';
import { SUBJECTS, classFolders } from './photos.mjs';

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

/** As from another camera: gray, soft and pale. */
async function worn(page, photo) {
  const bytes = await readFile(photo);
  const address = await page.evaluate(async (base64) => {
    // The page may show data addresses, not fetch them.
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext('2d');
    context.fillStyle = 'white';
    context.fillRect(0, 0, image.width, image.height);
    context.filter = `grayscale(1) blur(${image.width / 150}px) opacity(0.7)`;
    context.drawImage(image, 0, 0);
    return canvas.toDataURL('image/png');
  }, bytes.toString('base64'));
  return Buffer.from(address.slice(address.indexOf(',') + 1), 'base64');
}

/** shop/birds, shop/coins, …: photos. worn/birds, …: others, worn. And a folder of worn ones without a class. */
async function twoKinds(page, root) {
  await classFolders(join(root, 'shop'), 8);
  const loose = join(root, 'loose');
  await mkdir(loose, { recursive: true });
  for (const [name, source] of Object.entries(SUBJECTS)) {
    const photos = (await stamps(source, 20)).slice(9);
    await mkdir(join(root, 'worn', name), { recursive: true });
    for (const [index, photo] of photos.entries()) {
      const folder = index < 4 ? join(root, 'worn', name) : loose;
      await writeFile(join(folder, `${name} ${index} ${basename(photo)}`), await worn(page, photo));
    }
  }
  return { shop: join(root, 'shop'), worn: join(root, 'worn'), loose };
}

test('domains by folder and by hand, all methods ranked by labels of the target, the best one used', { timeout: 300_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    const folders = await twoKinds(page, root);
    await drop(page, 'graft-welcome', [folders.shop]);
    await imported(page, 24);

    // One kind of pictures, and none without a class: heads are compared, all else is refused with the reason.
    await page.click('[data-testid=compare-methods] summary');
    await page.click('[data-testid=start-comparison]');
    await page.waitForSelector('[data-testid=ranking]', { timeout: 120_000 });
    const learners = () => page.$$eval('[data-testid=ranking] tbody tr', (rows) => rows.map(({ dataset }) => `${dataset.method} ${dataset.head}`));
    for (const head of ['softmax', 'ridge', 'blend']) assert.ok((await learners()).includes(`plain ${head}`));
    await page.click('[data-testid=refusals] summary');
    assert.match(await page.innerText('[data-testid=refusals]'), /There is one domain/);
    assert.match(await page.innerText('[data-testid=refusals]'), /pictures without a label/);

    await page.evaluate(() => scrollTo(0, 0));
    await drop(page, 'class-panel', [folders.worn]);
    await imported(page, 36);
    await page.locator('unsorted-tray').scrollIntoViewIfNeeded();
    await drop(page, 'unsorted-tray', [folders.loose]);
    await page.locator('[data-testid=unsorted-count]', { hasText: /^21$/ }).waitFor({ timeout: 60_000 });
    await page.click('[data-testid=domains] summary');
    await page.check('[data-domain-folder=worn]');
    await page.check('[data-domain-folder=Unsorted]');
    const count = (words) => page.locator('[data-testid=domain-count]', { hasText: words }).waitFor({ timeout: 10_000 });
    await count('33 target pictures, 12 of them with a class');
    assert.match(await page.innerText('[data-testid=undo]'), /mark 21 pictures as target/);

    // By hand, too.
    await page.locator('unsorted-tray .cell').first().click();
    await page.click('[data-testid=mark-target]');
    await count('32 target pictures');
    await page.click('[data-testid=undo]');
    await count('33 target pictures');

    await page.click('[data-testid=start-comparison]');
    await page.locator('[data-testid=ranking] caption', { hasText: 'Judged by the 12 target pictures' }).waitFor({ timeout: 240_000 });
    assert.ok((await learners()).length > 10, 'all methods apply now');
    assert.match(await page.innerText('[data-testid=domain-distance]'), /a linear head tells which of the two/);
    const verdict = await page.innerText('[data-testid=comparison-verdict]');
    assert.match(verdict, /plain head/);
    await page.locator('compare-methods').scrollIntoViewIfNeeded();
    await shot(page, 'methods-wide');

    await page.locator('[data-testid=ranking] tr[data-method^=domain] button').first().click();
    await page.locator('[data-testid=kept]', { hasText: 'with 21 pictures without a class' }).waitFor({ timeout: 60_000 });
    assert.match(await page.innerText('[data-testid=headline]'), /of 12 labeled target pictures/);
    assert.match(await page.innerText('[data-testid=kept]'), /Learned from 24 pictures on the CPU; by “/);

    // Half of each class teaches, of those what is like the target most: and it is seen which.
    await page.click('[data-testid=settings] summary');
    await page.selectOption('#set-method', 'select_nearest');
    await page.selectOption('#set-head', 'ridge');
    await page.selectOption('#set-weighting', 'meanMatching');
    assert.equal(await page.inputValue('#set-selectedShare'), '50');
    await page.click('[data-testid=train]');
    await page.locator('[data-testid=kept]', { hasText: 'Learned from 12 pictures' }).waitFor({ timeout: 60_000 });
    await page.click('[data-testid=taught-by] summary');
    assert.match(await page.innerText('[data-testid=taught-by]'), /12 of 24 pictures were chosen/);
    assert.match(await page.innerText('[data-testid=taught-by] .cell-caption'), /^× \d\.\d\d$/);
    await page.locator('taught-by').scrollIntoViewIfNeeded();
    await shot(page, 'taught-by-wide');

    await page.setViewportSize({ width: 390, height: 844 });
    await page.locator('compare-methods').scrollIntoViewIfNeeded();
    await shot(page, 'methods-phone');
    await page.locator('domain-marks').scrollIntoViewIfNeeded();
    await shot(page, 'domains-phone');
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(sideways <= 0, `the page is ${sideways} px wider than the screen`);
    await page.context().close();
  }));
