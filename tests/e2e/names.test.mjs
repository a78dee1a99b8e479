// A class that there is no picture of: its name is read, and a picture is found to be of it.

import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { after, before, test } from 'node:test';
import { drop, imported, probabilities, ready, shot, stamps, start, trained, withFolder } from './harness.mjs';
import { classFolders } from './photos.mjs';

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

const READER = 'weights/names.safetensors';

test('a class by name only, the reader fetched on demand, and a picture predicted as it', { timeout: 300_000 }, () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    const { folders, numPhotos } = await classFolders(root, 6);
    await drop(page, 'graft-welcome', folders);
    await imported(page, numPhotos);
    assert.ok(![...graft.served].some((file) => file.endsWith(READER)), 'nobody has asked for the reader');

    await page.click('[data-testid=new-class]');
    const name = page.locator('class-card[data-class-name="New class"] .class-name');
    await name.fill('road sign');
    await name.press('Enter');

    // The size is told before, and without the reader the method is refused with the remedy.
    await page.click('[data-testid=settings] summary');
    await page.selectOption('#set-method', 'class_names');
    assert.match(await page.innerText('[data-testid=get-reader]'), /25 MB, once/);
    await page.click('[data-testid=train]');
    await page.getByText('Get the reader of names first').waitFor();

    await page.click('[data-testid=get-reader]');
    const sign = page.locator('[data-testid=read-names] li[data-name="road sign"]');
    await sign.getByText('street sign').waitFor({ timeout: 120_000 });
    assert.match(await sign.innerText(), /from its name only/);
    assert.ok([...graft.served].some((file) => file.endsWith(READER)));

    await trained(page);
    let numFound = 0;
    for (const photo of await stamps('town/roadsigns', 5)) {
      await page.setInputFiles('[data-testid=try-file]', photo);
      await page.waitForFunction((alt) => document.querySelector('[data-testid=try-picture]')?.alt === alt, basename(photo));
      await probabilities(page);
      const best = page.locator('[data-testid=bars] li.best');
      if ((await best.getAttribute('data-name')) !== 'road sign') continue;
      assert.match(await best.innerText(), /from its name only/);
      numFound++;
    }
    assert.ok(numFound >= 3, `${numFound} of 5 road signs were found by name`);
    await shot(page, 'names');
    await page.context().close();
  }));
