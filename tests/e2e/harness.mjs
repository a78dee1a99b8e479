// What every journey stands on: the built page behind a plain file server, and a real Chromium.

import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const HERE = dirname(fileURLToPath(import.meta.url));
export const DIST = process.env.GRAFT_DIST ?? join(HERE, '../../dist');
/** Deep, to prove that the page works under any prefix. */
const PREFIX = '/some/prefix/';
/** Where screenshots go; git ignores it. */
export const SHOTS = join(HERE, 'shots');
/** Real photos, from the Debian package tuxpaint-stamps-default. */
export const STAMPS = '/usr/share/tuxpaint/stamps';

const TYPES = {
  '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.wasm': 'application/wasm',
};

/** Serves files and nothing else: no headers a static host wouldn't send. Notes which ones. */
async function serve() {
  const served = new Set();
  const replaced = new Map();
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://host').pathname);
    const inside = path.startsWith(PREFIX) ? normalize(path.slice(PREFIX.length)) || 'index.html' : '..';
    const file = join(DIST, inside === '.' ? 'index.html' : inside);
    const found = inside.startsWith('..') ? null : await stat(file).catch(() => null);
    if (!found?.isFile()) return response.writeHead(404).end();
    if (replaced.has(inside)) {
      return response.writeHead(200, { 'content-type': TYPES[extname(file)] }).end(replaced.get(inside));
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'content-length': found.size,
    });
    served.add(file);
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    served,
    replaced,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

export async function start({ args = [] } = {}) {
  await stat(join(DIST, 'index.html')).catch(() => {
    throw new Error(`${DIST} has no index.html: run ./build.sh build first`);
  });
  const server = await serve();
  const launching = {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', ...args,
    ],
  };
  const browser = await chromium.launch(launching);
  const strays = [];
  const noteStrays = (context) => context.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== server.origin) strays.push(request.url());
  });
  const opened = async (context, query) => {
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error('page error:', error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') console.error('page console:', message.text());
    });
    await page.goto(server.origin + PREFIX + query);
    return page;
  };
  return {
    /** A fresh visitor. Requests to other origins are noted and checked at the end. */
    async visit({ query = '?device=cpu', ...options } = {}) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true, ...options });
      noteStrays(context);
      return opened(context, query);
    },
    /** A visitor with a browser of their own, which keeps things on disk in the folder `profile`. */
    async settle(profile, { query = '?device=cpu' } = {}) {
      const context = await chromium.launchPersistentContext(profile, { ...launching, viewport: { width: 1440, height: 900 } });
      noteStrays(context);
      return {
        open: () => opened(context, query),
        close: () => context.close(),
        /** As a crash would: nobody is asked to finish anything. */
        async kill() {
          const closed = new Promise((resolve) => context.once('close', resolve));
          await killAll(`--user-data-dir=${profile}`);
          await closed;
        },
      };
    },
    /** For pages that aren't Graft's. */
    browser,
    /** Addresses outside the page's own origin that anything asked for. */
    strays,
    /** What is served instead of a file, by its path in dist/: a newer version. */
    replaced: server.replaced,
    /** The network is gone. */
    hangUp: server.close,
    /** Paths of the files that any visitor has fetched. */
    served: server.served,
    async close() {
      await browser.close();
      server.close();
    },
  };
}

/** Every process that was started with an argument. */
async function killAll(argument) {
  for (const name of await readdir('/proc')) {
    const line = /^\d+$/.test(name) ? await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '') : '';
    if (!line.split('\0').includes(argument)) continue;
    try {
      process.kill(Number(name), 'SIGKILL');
    } catch {
      // It went with its parent.
    }
  }
}

/** Until the trainer takes commands. */
export async function ready(page, timeout = 60_000) {
  await page.waitForSelector('[data-testid=device]:not([data-device=""])', { timeout });
  return page.getAttribute('[data-testid=device]', 'data-device');
}

/** A true drop, folders included: the browser itself makes the DataTransfer from paths on disk. */
export async function drop(page, selector, paths) {
  const box = await page.locator(selector).first().boundingBox();
  const at = { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + Math.min(box.height / 2, 60)) };
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: paths, dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver']) await session.send('Input.dispatchDragEvent', { type, ...at, data });
  const overlay = await page.locator('[data-testid=overlay]').innerText({ timeout: 5000 });
  await session.send('Input.dispatchDragEvent', { type: 'drop', ...at, data });
  await session.detach();
  return overlay;
}

/** Until all announced pictures have been read. */
export async function imported(page, numPictures, timeout = 120_000) {
  await page.waitForFunction(
    (num) => {
      const text = document.querySelector('[data-testid=dataset-count]')?.textContent ?? '';
      return new RegExp(`\\b${num.toLocaleString('en-US')} pictures?`).test(text) && !document.querySelector('[data-testid=progress]');
    },
    numPictures,
    { timeout },
  );
}

export async function trained(page, timeout = 120_000) {
  await page.click('[data-testid=train]');
  await page.waitForSelector('[data-testid=stop], [data-testid=accuracy]');
  await page.waitForSelector('[data-testid=stop]', { state: 'detached', timeout });
  await page.waitForSelector('[data-testid=confusion]');
}

/** Trained on the device, unlike the linear heads. */
export async function chooseHiddenLayer(page, numEpochs) {
  await page.click('[data-testid=settings] summary');
  await page.selectOption('#set-head', 'mlp');
  await page.fill('#set-numEpochs', String(numEpochs));
  await page.press('#set-numEpochs', 'Tab');
}

/** Class name → probability, as the bars show them. */
export async function probabilities(page) {
  await page.waitForSelector('[data-testid=bars]', { timeout: 90_000 });
  return page.$$eval('[data-testid=bars] li', (items) =>
    Object.fromEntries(items.map((item) => [item.dataset.name, Number(item.dataset.probability)])));
}

/** Class name → number of samples. */
export async function classCounts(page) {
  return page.$$eval('class-card', (cards) =>
    Object.fromEntries(cards.map((card) => [
      card.querySelector('.class-name').value,
      Number(card.querySelector('[data-testid=class-count]').textContent.replaceAll(',', '')),
    ])));
}

export function card(page, name) {
  return page.locator(`class-card[data-class-name="${name}"]`);
}

/** PNG files below a folder of the stamps, sorted, at most `limit`. */
export async function stamps(folder, limit = Infinity) {
  const entries = await readdir(join(STAMPS, folder), { recursive: true });
  return entries.filter((path) => path.endsWith('.png')).sort().slice(0, limit).map((path) => join(STAMPS, folder, path));
}

/** A folder that is gone after `work`. */
export async function withFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), 'graft-e2e-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export async function shot(page, name) {
  await mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}
