// What benchmarks run in: one Chromium, and a server for the files of the page and of the peers.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Made by photos.py. */
export const PHOTOS = join(ROOT, 'target/bench/photos');

/** URL prefixes and the files behind them. */
const PLACES = {
  '/graft/': join(ROOT, 'dist/'),
  '/kernel/simd128.wasm': join(ROOT, 'target/bench/kernel/simd128.wasm'),
  '/kernel/relaxed.wasm': join(ROOT, 'target/bench/kernel/relaxed.wasm'),
  '/weights/': join(ROOT, 'target/weights/'),
  '/onnx/': join(ROOT, 'target/onnx/'),
  '/bench/': join(ROOT, 'bench/'),
};
const TYPES = {
  '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.mjs': 'text/javascript',
  '.wasm': 'application/wasm', '.json': 'application/json', '.svg': 'image/svg+xml',
};
const QUIET = [
  '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

/** Runs `work(browser, origin)`; `args` are more of Chromium's, `places` more URL prefixes. */
export async function withBrowser(work, { args = [], places = {} } = {}) {
  const server = createServer(serving({ ...places, ...PLACES })).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: [...QUIET, ...args] });
  try {
    return await work(browser, `http://localhost:${server.address().port}`);
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
}

/** A page of its own process, whose errors are ours. */
export async function open(browser, address, prepare = () => {}) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(String(error)));
  await page.addInitScript(prepare);
  await page.goto(address);
  return page;
}

/** Like a static host: no headers but type and length. */
function serving(places) {
  return (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
    const prefix = Object.keys(places).find((place) => path.startsWith(place));
    const file = prefix && places[prefix] + path.slice(prefix.length);
    if (!file || !existsSync(file) || statSync(file).isDirectory()) {
      if (!path.includes('favicon')) console.error(`not found: ${path}`);
      return response.writeHead(404).end();
    }
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-length': statSync(file).size });
    createReadStream(file).pipe(response);
  };
}
