// The page as loaded in, a page that opens without a network out; and word of a newer version.

import { registerSW } from 'virtual:pwa-register';
import type { Keep } from './service-worker';
import { store } from './store';

/** `one-file/` builds it. */
export const EMPTY_APP = 'one-file.html';

/** Called once everything is loaded, so that keeping it delays nothing. `used` are the addresses fetched so far. */
export function workOffline(used: () => string[]): void {
  if (!('serviceWorker' in navigator) || !window.isSecureContext) {
    return store.set({ offline: { ready: false, trouble: 'this browser keeps no pages for later here' } });
  }
  const update = registerSW({
    immediate: true,
    onRegisteredSW: () => void keepUsed(used),
    onNeedRefresh: () => store.set({ update: () => void takeOver(update) }),
    onRegisterError: (error: unknown) => {
      store.set({ offline: { ready: false, trouble: error instanceof Error ? error.message : String(error) } });
    },
  });
}

/** The library itself only reloads pages that the older version served from their beginning. */
function takeOver(update: () => Promise<void>): Promise<void> {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
  return update();
}

async function keepUsed(used: () => string[]): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    store.set({ offline: { ready: true, trouble: null } });
    port1.close();
  };
  await askToKeep(used(), port2);
}

/** What an app is made of may be wanted where there is no network; called once there is a model for it. */
export function keepEmptyApp(): void {
  if (navigator.serviceWorker) void askToKeep([new URL(EMPTY_APP, document.baseURI).href]);
}

async function askToKeep(addresses: string[], ...answer: MessagePort[]): Promise<void> {
  const { active } = await navigator.serviceWorker.ready;
  active?.postMessage({ type: 'keep', addresses } satisfies Keep, answer);
}
