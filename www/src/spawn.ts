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

/**
 * A worker takes its policy from its own response's headers, which a plain file host doesn't send.
 * From a blob it inherits the page's, so that no worker can reach another origin either.
 */
export function spawn(address: string): Worker {
  const source = `import ${JSON.stringify(new URL(address, document.baseURI).href)};`;
  const blob = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(blob, { type: 'module', name: workerName });
  // The browser has taken the address by the time of the next task.
  setTimeout(() => URL.revokeObjectURL(blob), 60_000);
  return worker;
}
