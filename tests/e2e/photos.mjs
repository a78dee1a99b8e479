// Folders of real photos, and files that no program should trip over.

import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { stamps } from './harness.mjs';
import { png, RGB } from './png.mjs';
import { zipOf } from './zip.mjs';

/** Class name → folder of the stamps. Photos mostly, easy to tell apart. */
export const SUBJECTS = { birds: 'animals/birds', coins: 'symbols/money', fruit: 'food/fruit' };

/** Makes one folder a class; returns their paths, how many photos are in them, and one more of each class. */
export async function classFolders(root, perClass, subjects = SUBJECTS) {
  const folders = [];
  const unseen = {};
  let numPhotos = 0;
  for (const [name, source] of Object.entries(subjects)) {
    const [extra, ...photos] = await stamps(source, perClass + 1);
    const folder = join(root, name);
    await mkdir(folder, { recursive: true });
    // Numbered: the stamps' sub-folders share names.
    for (const [index, photo] of photos.entries()) await copyFile(photo, join(folder, `${index} ${basename(photo)}`));
    folders.push(folder);
    numPhotos += photos.length;
    unseen[name] = extra;
  }
  return { folders, numPhotos, unseen };
}

/** Photos of all kinds, spread over the stamps. */
export async function spread(count) {
  const all = await stamps('.');
  return Array.from({ length: count }, (_, at) => all[Math.floor((at * all.length) / count)]);
}

/** A folder of files that can't be read, each for a reason of its own. */
export async function brokenFolder(root, jpeg) {
  const folder = join(root, 'broken');
  await mkdir(folder, { recursive: true });
  const files = {
    'cut off.jpg': jpeg.subarray(0, Math.floor(jpeg.length / 3)),
    'letter.png': Buffer.from('Dear reader, this is not a picture.\n'.repeat(20)),
    'empty.png': Buffer.alloc(0),
    // Promises many pixels and has next to none.
    'huge.png': png(20_000, 20_000, RGB, Buffer.alloc(64)),
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  const zip = join(root, 'escape.zip');
  await writeFile(zip, zipOf({ '../../x.jpg': jpeg, 'fine.jpg': jpeg }));
  return { folder, zip, names: [...Object.keys(files), 'x.jpg'] };
}

/** A JPEG, encoded by the browser: there is none among the stamps. */
export async function jpegFrom(page) {
  const address = await page.evaluate(() => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 256;
    const context = canvas.getContext('2d');
    for (let x = 0; x < 256; x += 8) {
      for (let y = 0; y < 256; y += 8) {
        context.fillStyle = `hsl(${(x * 7 + y * 13) % 360} 70% 50%)`;
        context.fillRect(x, y, 8, 8);
      }
    }
    return canvas.toDataURL('image/jpeg', 0.9);
  });
  return Buffer.from(address.slice(address.indexOf(',') + 1), 'base64');
}
