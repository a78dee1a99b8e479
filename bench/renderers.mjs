// What the browser's pages take in memory: each renderer's proportional set size (PSS, /proc).
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

export const MEGABYTE = 1e6;
const SAMPLE_MILLIS = 250;

/** Megabytes of each renderer process. */
export async function renderers(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => pss(id));
}

/** Of all of them together. */
export const megabytes = async (browser) => (await renderers(browser)).reduce((sum, size) => sum + size, 0);

function pss(process) {
  try {
    const kilobytes = readFileSync(`/proc/${process}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+)/m)[1];
    return Number(kilobytes) * 1024 / MEGABYTE;
  } catch {
    return 0; // it has just ended
  }
}

/** The most that `measure` says while `work` lasts. */
export async function peakDuring(measure, work) {
  let peak = 0, done = false;
  const watching = (async () => {
    while (!done) {
      peak = Math.max(peak, await measure());
      await pause(SAMPLE_MILLIS);
    }
  })();
  const result = await work.finally(() => (done = true));
  await watching;
  return { peak, result };
}
