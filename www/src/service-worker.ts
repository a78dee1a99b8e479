// Requests in; answers out of what this browser has kept, so that the page opens without a network.
//
// The page's own code is kept when a version is installed, all or nothing. Networks and wasm modules
// are large and each device needs only some: they are kept once used, each under the version it had. So is
// the empty one-file app, which the page asks to keep once it has a model.

import { clientsClaim } from 'workbox-core';
import { cleanupOutdatedCaches, precacheAndRoute } from 'workbox-precaching';
import { registerRoute } from 'workbox-routing';
import { CacheFirst } from 'workbox-strategies';
import './worker/tell-requests';

declare const self: ServiceWorkerGlobalScope & { __WB_MANIFEST: (string | { url: string; revision: string | null })[] };

/** What the page asks for: to keep what was fetched before there was a service worker. */
export interface Keep {
  type: 'keep';
  addresses: string[];
}

const LARGE = /\.(wasm|safetensors)$|^one-file\.html$/;
const CACHE = 'graft-large';

const manifest = self.__WB_MANIFEST.map((entry) => (typeof entry === 'string' ? { url: entry, revision: null } : entry));
// Settings in the address are the page's affair.
precacheAndRoute(manifest.filter(({ url }) => !LARGE.test(url)), { ignoreURLParametersMatching: [/./] });
cleanupOutdatedCaches();
clientsClaim();

/** Where each large file of this version is kept. */
const keys = new Map(manifest.filter(({ url }) => LARGE.test(url)).map(({ url, revision }) => {
  const address = new URL(url, self.location.href);
  const key = new URL(address);
  // A name with a hash in it has no revision.
  if (revision) key.searchParams.set('revision', revision);
  return [address.href, key.href];
}));

const large = new CacheFirst({
  cacheName: CACHE,
  plugins: [{ cacheKeyWillBeUsed: async ({ request }) => keys.get(request.url) ?? request }],
});
registerRoute(({ url }) => keys.has(url.href), large);

self.addEventListener('activate', (event) => event.waitUntil(dropOtherVersions()));

async function dropOtherVersions(): Promise<void> {
  const cache = await caches.open(CACHE);
  const current = new Set(keys.values());
  for (const { url } of await cache.keys()) {
    if (!current.has(url)) await cache.delete(url);
  }
}

self.addEventListener('message', (event) => {
  const message = event.data as Keep | { type: 'SKIP_WAITING' };
  if (message.type === 'SKIP_WAITING') return void self.skipWaiting();
  const kept = keep(message.addresses.filter((address) => keys.has(address)));
  event.waitUntil(kept.then(() => event.ports[0]?.postMessage(null), () => {}));
});

/** The browser has just fetched these: its own cache answers, unless the host forbids it one. */
async function keep(addresses: string[]): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const address of addresses) {
    const key = keys.get(address)!;
    if (await cache.match(key)) continue;
    const response = await fetch(address, { cache: 'force-cache' });
    if (response.ok) await cache.put(key, response);
  }
}
