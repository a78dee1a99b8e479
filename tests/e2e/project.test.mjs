// Nothing is lost: reload, crash, a full disk, two tabs, damage; and a project that moves to another computer.

import assert from 'node:assert/strict';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { card, classCounts, drop, imported, ready, stamps, start, trained, withFolder } from './harness.mjs';
import { classFolders } from './photos.mjs';
import { unzip, zipOf } from './zip.mjs';

const NUM_KILLS = 20;

let graft;
before(async () => (graft = await start()));
after(async () => {
  await graft.close();
  assert.deepEqual(graft.strays, [], 'no request may leave the origin of the page');
});

/** How saving stands, as the page says. */
async function saving(page) {
  return page.$eval('[data-testid=project]', ({ dataset }) => ({
    state: dataset.saving, numSaved: Number(dataset.numSaved), revision: Number(dataset.revision),
  }));
}

const becomes = (page, state, timeout = 30_000) => page.waitForSelector(`[data-testid=project][data-saving=${state}]`, { timeout });

/** What was saved is back. */
async function restored(page) {
  await ready(page);
  await page.waitForSelector('[data-testid=project]:not([data-saving=opening])');
  await page.waitForSelector('[data-testid=restoring]', { state: 'detached' });
  await page.waitForSelector('class-card');
}

async function rename(page, to) {
  const input = page.locator('class-card .class-name').first();
  await input.fill(to);
  await input.press('Enter');
}

test('after a reload everything is there, and nothing is read again', () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    const { folders } = await classFolders(root, 8);
    await ready(page);
    await drop(page, 'graft-welcome', folders);
    await imported(page, 24);
    await rename(page, 'feathered');
    await card(page, 'feathered').locator('.cell').first().click();
    await page.keyboard.press('Delete');
    await imported(page, 23);
    await trained(page);
    const accuracy = await page.innerText('[data-testid=accuracy]');
    await becomes(page, 'saved');
    // The pictures themselves are copied when nothing else goes on.
    await page.waitForFunction(async () => {
      const projects = await (await navigator.storage.getDirectory()).getDirectoryHandle('projects');
      let num = 0;
      for await (const project of projects.values()) {
        const pictures = await project.getDirectoryHandle('pictures').catch(() => null);
        if (pictures) for await (const _ of pictures.keys()) num++;
      }
      return num === 24;
    });

    // One that no undo could bring back any more.
    await page.evaluate(async () => {
      const projects = await (await navigator.storage.getDirectory()).getDirectoryHandle('projects');
      for await (const project of projects.values()) {
        const pictures = await project.getDirectoryHandle('pictures');
        await pictures.getFileHandle('999', { create: true });
      }
    });

    await page.reload();
    await restored(page);
    assert.deepEqual(await classCounts(page), { feathered: 7, coins: 8, fruit: 8 });
    await page.waitForFunction(async () => {
      const projects = await (await navigator.storage.getDirectory()).getDirectoryHandle('projects');
      const names = [];
      for await (const project of projects.values()) {
        for await (const name of (await project.getDirectoryHandle('pictures')).keys()) names.push(name);
      }
      return names.length === 24 && !names.includes('999');
    });
    assert.equal(await page.innerText('[data-testid=accuracy]'), accuracy);
    assert.equal(await page.locator('[data-testid=stale]').count(), 0, 'the model is of these classes');
    assert.equal(await page.locator('[data-testid=progress]').count(), 0, 'nothing is read');
    await page.waitForSelector('class-card .cell img');
    // The history reaches back beyond the reload.
    await page.click('[data-testid=undo]');
    await imported(page, 24);
    await page.click('[data-testid=undo]');
    await card(page, 'birds').waitFor();
    // A picture can still be looked into, as the file was kept.
    await page.locator('[data-testid=confusion] td.right button').first().click();
    await page.waitForSelector('[data-testid=cell-pictures] .cell img');
    await page.context().close();
  }));

test(`killed at ${NUM_KILLS} moments, tab or browser, nothing is lost that was said to be saved`, { timeout: 900_000 }, () =>
  withFolder(async (root) => {
    const random = seeded(7);
    const { folders } = await classFolders(root, 8);
    const profile = join(root, 'profile');
    let home = await graft.settle(profile);
    let page = await home.open();
    await ready(page);
    await drop(page, 'graft-welcome', [folders[0]]);
    await imported(page, 8);
    const safe = { numSaved: 0, name: 0 };
    for (let kill = 1; kill <= NUM_KILLS; kill++) {
      const watching = watch(page, safe);
      const working = work(page, safe, folders[kill % folders.length]).catch(() => {});
      await pause(random() * 2500);
      // The browser, every now and then: then it is the disk that has to have it.
      if (kill % 4 === 0) {
        await home.kill();
        home = await graft.settle(profile);
      } else {
        await crash(page);
      }
      await Promise.all([watching, working]);

      page = await home.open();
      await restored(page);
      const numBack = Object.values(await classCounts(page)).reduce((a, b) => a + b, 0);
      assert.ok(numBack >= safe.numSaved, `kill ${kill}: ${numBack} pictures of ${safe.numSaved}`);
      const name = Number((await page.inputValue('class-card .class-name')).replace('class ', ''));
      assert.ok(safe.name === 0 || name >= safe.name, `kill ${kill}: class ${name} instead of ${safe.name}`);
      assert.equal(await page.locator('[data-testid=notice].warning', { hasText: 'damaged' }).count(), 0);
    }
    console.log(`${safe.numSaved} pictures and ${safe.name} edits were said to be saved, and were there`);
    await home.close();
  }));

/** An edit at a time, each waited for; then pictures, so that there is always something being written. */
async function work(page, safe, folder) {
  for (let edit = 0; edit < 3; edit++) {
    const number = safe.name + 1;
    const before = (await saving(page)).revision;
    await rename(page, `class ${number}`);
    await page.waitForFunction((before) => {
      const { dataset } = document.querySelector('[data-testid=project]');
      return dataset.saving === 'saved' && Number(dataset.revision) > before;
    }, before, { polling: 10 });
    safe.name = number;
  }
  await page.setInputFiles('[data-testid=add-folder]', folder);
}

/** Notes what the page says is saved, until it is gone. */
async function watch(page, safe) {
  for (;;) {
    const said = await saving(page).catch(() => null);
    if (!said) return;
    safe.numSaved = Math.max(safe.numSaved, said.numSaved);
    await pause(10);
  }
}

/** As if the browser had run out of memory in the middle of whatever it was doing. */
async function crash(page) {
  const session = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  session.send('Page.crash').catch(() => {});
  await crashed;
  await page.close();
}

/** Numbers in [0, 1) that are the same every time. */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

test('without room the page says so, keeps what was saved, and goes on when there is room', () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    const { folders } = await classFolders(root, 8);
    await ready(page);
    const session = await page.context().newCDPSession(page);
    const { origin } = new URL(page.url());
    await page.click('[data-testid=project]');
    await page.uncheck('[data-testid=keep-pictures]');
    await page.keyboard.press('Escape');
    await drop(page, 'graft-welcome', [folders[0]]);
    await imported(page, 8);
    await becomes(page, 'saved');
    const { usage } = await page.evaluate(() => navigator.storage.estimate());
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: usage + 1000 });
    await page.setInputFiles('[data-testid=add-folder]', folders[1]);
    await becomes(page, 'stuck');
    await page.locator('[data-testid=notice]', { hasText: /no room left/ }).waitFor();
    await imported(page, 16);

    await session.send('Storage.overrideQuotaForOrigin', { origin });
    await rename(page, 'feathered');
    await becomes(page, 'saved');
    await page.reload();
    await restored(page);
    assert.deepEqual(await classCounts(page), { feathered: 8, coins: 8 });
    await page.context().close();
  }));

test('of two tabs one saves; the other is told, and can take over', () =>
  withFolder(async (root) => {
    const one = await graft.visit();
    const { folders } = await classFolders(root, 4);
    await ready(one);
    await drop(one, 'graft-welcome', folders);
    await imported(one, 12);
    await becomes(one, 'saved');

    const two = await one.context().newPage();
    await two.goto(one.url());
    await restored(two);
    await becomes(two, 'elsewhere');
    assert.deepEqual(await classCounts(two), { birds: 4, coins: 4, fruit: 4 }, 'it can be looked at');
    await rename(two, 'not kept');

    await two.click('[data-testid=project]');
    await two.click('[data-testid=take-over]');
    await becomes(one, 'elsewhere');
    await restored(two);
    await becomes(two, 'saved');
    assert.deepEqual(await classCounts(two), { birds: 4, coins: 4, fruit: 4 });
    await rename(two, 'kept');
    await becomes(two, 'saving').catch(() => {});
    await becomes(two, 'saved');
    await two.reload();
    await restored(two);
    await card(two, 'kept').waitFor();
    await one.context().close();
  }));

test('a damaged file costs what it touches; one that is no project is left alone', () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    const { folders } = await classFolders(root, 4);
    await ready(page);
    await drop(page, 'graft-welcome', folders);
    await imported(page, 12);
    await becomes(page, 'saved');
    const blank = await besides(page);
    await page.close();
    await damage(blank, (bytes) => (bytes[Math.floor(bytes.length / 2)] ^= 1));
    let again = await reopen(blank);
    await restored(again);
    await again.locator('[data-testid=notice]', { hasText: /Part of what was saved is damaged/ }).waitFor();
    const counts = Object.values(await classCounts(again)).reduce((a, b) => a + b, 0);
    assert.ok(counts >= 11, `${counts} of 12 pictures are back`);
    // It is written anew, so the next visit finds nothing to complain about.
    await pause(1500);
    await again.reload();
    await restored(again);
    assert.equal(await again.locator('[data-testid=notice].warning').count(), 0);

    await again.close();
    await damage(blank, (bytes) => bytes.fill(33));
    again = await reopen(blank);
    await becomes(again, 'unreadable');
    await again.click('[data-testid=project]');
    assert.match(await again.innerText('[data-testid=project-trouble]'), /can't be opened.+has not been changed/s);
    await again.click('[data-testid=new-project]');
    await becomes(again, 'idle');
    await again.waitForSelector('graft-welcome');
    await again.context().close();
  }));

/** Another page of the same origin, without Graft in it. */
async function besides(page) {
  const blank = await page.context().newPage();
  await blank.goto(new URL('favicon.svg', page.url()).href);
  return blank;
}

async function reopen(blank) {
  const page = await blank.context().newPage();
  await page.goto(new URL('./?device=cpu', blank.url()).href);
  return page;
}

/** Changes the journal of the only project, in a worker-less way. */
async function damage(blank, change) {
  await blank.evaluate(async (change) => {
    const projects = await (await navigator.storage.getDirectory()).getDirectoryHandle('projects');
    for await (const project of projects.values()) {
      for await (const file of project.values()) {
        if (!file.name.startsWith('journal-')) continue;
        const bytes = new Uint8Array(await (await file.getFile()).arrayBuffer());
        new Function('bytes', `(${change})(bytes)`)(bytes);
        for (let tries = 0; ; tries++) {
          try {
            const out = await file.createWritable();
            await out.write(bytes);
            await out.close();
            break;
          } catch (error) {
            if (tries > 100) throw error;
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        }
      }
    }
  }, change.toString());
}

test('projects have names, are listed, opened and deleted', () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    const { folders } = await classFolders(root, 3);
    await ready(page);
    await drop(page, 'graft-welcome', [folders[0]]);
    await imported(page, 3);
    await becomes(page, 'saved');
    await page.click('[data-testid=project]');
    await page.fill('[data-testid=project-name]', 'Our birds');
    await page.press('[data-testid=project-name]', 'Enter');
    await page.locator('[data-testid=projects] li[data-name="Our birds"]', { hasText: '3 pictures' }).waitFor();
    assert.match(await page.innerText('[data-testid=storage]'), /MB of the .+ [MG]B/);

    await page.click('[data-testid=new-project]');
    await page.waitForSelector('graft-welcome');
    await becomes(page, 'idle');
    await drop(page, 'graft-welcome', [folders[1]]);
    await imported(page, 3);
    await becomes(page, 'saved');
    await page.click('[data-testid=project]');
    const birds = page.locator('[data-testid=projects] li[data-name="Our birds"]');
    await birds.locator('[data-testid=open-other]').click();
    await page.waitForFunction(() => document.querySelector('.project-name')?.textContent === 'Our birds');
    await restored(page);
    assert.deepEqual(await classCounts(page), { birds: 3 });

    await page.click('[data-testid=project]');
    const other = page.locator('[data-testid=projects] li[data-name="Unnamed project"]');
    await other.locator('[data-testid=delete-project]').click();
    await other.locator('[data-testid=delete-project]', { hasText: 'for good' }).click();
    await other.waitFor({ state: 'detached' });
    await page.context().close();
  }));

test('a project file takes everything to another computer', () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    const { folders } = await classFolders(root, 6);
    await ready(page);
    await drop(page, 'graft-welcome', folders);
    await imported(page, 18);
    await trained(page);
    const accuracy = await page.innerText('[data-testid=accuracy]');
    await becomes(page, 'saved');
    await page.click('[data-testid=project]');
    await page.fill('[data-testid=project-name]', 'To go');
    await page.press('[data-testid=project-name]', 'Enter');
    await page.locator('[data-testid=projects] li[data-name="To go"]').waitFor();
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-testid=save-project]')]);
    assert.equal(download.suggestedFilename(), 'To go.graft');
    const file = join(root, 'To go.graft');
    await download.saveAs(file);
    await page.context().close();
    const inside = unzip(await readFile(file));
    assert.equal(JSON.parse(inside['manifest.json']).name, 'To go');

    const other = await graft.visit();
    await ready(other);
    await drop(other, 'graft-welcome', [file]);
    await other.waitForFunction(() => document.querySelector('.project-name')?.textContent === 'To go');
    await restored(other);
    assert.deepEqual(await classCounts(other), { birds: 6, coins: 6, fruit: 6 });
    assert.equal(await other.innerText('[data-testid=accuracy]'), accuracy);
    await other.context().close();

    // Others are refused in words, and leave nothing behind.
    const third = await graft.visit();
    await ready(third);
    const bad = join(root, 'bad.graft');
    await writeFile(bad, zipOf({ 'manifest.json': '{"format": "graft-project-99", "name": ""}' }));
    await drop(third, 'graft-welcome', [bad]);
    await third.locator('[data-testid=notice]', { hasText: /newer Graft/ }).waitFor();
    await truncate(file, 5000);
    await drop(third, 'graft-welcome', [file]);
    await third.locator('[data-testid=notice]', { hasText: /project can't be opened/ }).waitFor();
    await third.context().close();
  }));

test('a project of Teachable Machine becomes classes', () =>
  withFolder(async (root) => {
    const page = await graft.visit();
    await ready(page);
    const files = { 'manifest.json': '{}' };
    for (const [subject, name] of [['animals/birds', 'Class 1'], ['food/fruit', 'Class 2']]) {
      for (const [index, photo] of (await stamps(subject, 3)).entries()) files[`${name}-!-${index}.png`] = await readFile(photo);
    }
    const file = join(root, 'project.tm');
    await writeFile(file, zipOf(files));
    await drop(page, 'graft-welcome', [file]);
    await imported(page, 6);
    assert.deepEqual(await classCounts(page), { 'Class 1': 3, 'Class 2': 3 });
    await page.context().close();
  }));
