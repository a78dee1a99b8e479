// Every request of this tab and its workers in, for the page to count. The browser keeps the record, not this code.

export interface NetworkRequest {
  address: string;
  /** Bytes that came over the network; 0 if the browser had it already. */
  bytes: number;
}

/** All tabs of this site share it: each page listens to its own workers, and to the service worker, which serves all. */
const CHANNEL = 'graft-requests';

interface Told {
  /** The worker's; null of the service worker, which has none. */
  name: string | null;
  requests: NetworkRequest[];
}

/** The name this tab gives all its workers. */
export const workerName = `graft-${Math.random()}`;

/** In a worker: tells its page, from its first request on. */
export function tellRequests(): void {
  const channel = new BroadcastChannel(CHANNEL);
  const name = (self as { name?: string }).name ?? null;
  observe((requests) => channel.postMessage({ name, requests } satisfies Told));
}

/** On the page: those so far and those to come. */
export function countRequests(onRequests: (requests: NetworkRequest[]) => void): void {
  observe(onRequests);
  new BroadcastChannel(CHANNEL).onmessage = ({ data: { name, requests } }: MessageEvent<Told>) => {
    if (name === workerName || name === null) onRequests(requests);
  };
}

function observe(onRequests: (requests: NetworkRequest[]) => void): void {
  const observer = new PerformanceObserver((list) => {
    const entries = list.getEntries() as PerformanceResourceTiming[];
    // Blobs and data are of this tab: nothing is asked.
    const requests = entries.filter(({ name }) => /^(https?|wss?):/.test(name)).map(({ name, transferSize }) => (
      { address: name, bytes: transferSize }));
    if (requests.length > 0) onRequests(requests);
  });
  observer.observe({ type: 'resource', buffered: true });
}
