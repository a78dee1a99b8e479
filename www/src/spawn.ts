// A worker's address in, a worker out that is bound by this page's policy.

import { workerName } from './requests';

const { origin } = location;

/** The only scripts that run: the page's own, and the blobs below. */
function ownScript(address: string): string {
  const { protocol, origin: from } = new URL(address, document.baseURI);
  if (from === origin && (protocol === 'blob:' || protocol === location.protocol)) return address;
  throw new TypeError(`${address} is not a script of this page`);
}

/** The part of the browser's Trusted Types used here; TypeScript doesn't know them yet. */
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL(address: string): string }): unknown;
}

(globalThis as { trustedTypes?: TrustedTypes }).trustedTypes?.createPolicy('default', { createScriptURL: ownScript });

/** What is said of a worker that was there and is not any more. */
export const ENDED = 'the browser has ended it, perhaps for want of memory';

/**
 * A worker takes its policy from its own response's headers, which a plain file host doesn't send.
 * From a blob it inherits the page's, so that no worker can reach another origin either.
 *
 * `onDeath` is called if it ends without having been told to. No event says so; but a worker holds a
 * lock for as long as it lives, and the page is next in line.
 */
export function spawn(address: string, onDeath: () => void = () => {}): Worker {
  const lock = `graft-worker-${crypto.randomUUID()}`;
  const source = `
    import ${JSON.stringify(new URL(address, document.baseURI).href)};
    const lock = ${JSON.stringify(lock)};
    navigator.locks?.request(lock, () => {
      new BroadcastChannel(lock).postMessage('held');
      return new Promise(() => {});
    });`;
  const blob = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(blob, { type: 'module', name: workerName });
  // The browser has taken the address by the time of the next task.
  setTimeout(() => URL.revokeObjectURL(blob), 60_000);
  const ended = new AbortController();
  const terminate = worker.terminate.bind(worker);
  worker.terminate = () => {
    ended.abort();
    terminate();
  };
  outlive(lock, ended.signal, onDeath);
  return worker;
}

/** Waits in line for a lock, once somebody holds it. */
function outlive(lock: string, signal: AbortSignal, onDeath: () => void): void {
  const channel = new BroadcastChannel(lock);
  signal.addEventListener('abort', () => channel.close());
  channel.onmessage = () => {
    channel.close();
    navigator.locks.request(lock, { signal }, onDeath).catch(() => {}); // it was told to end
  };
}
