// Graft's own page in a benchmark: opened, given folders, watched from outside.
import { drop, ready } from '../tests/e2e/harness.mjs';
import { open } from './browser.mjs';

/** `query` is more of the page's address, such as `&workers=1`. */
export async function openGraft(browser, origin, query = '') {
  const page = await open(browser, `${origin}/graft/index.html?device=cpu${query}`, watch);
  await ready(page);
  let expected = 0;
  return {
    page,
    /**
     * Drops files or folders of so many pictures. Resolves, once the trainer has their last features, to the
     * seconds that took, and when it was.
     */
    async read(paths, numPictures, timeout = 900_000) {
      expected += numPictures;
      await drop(page, 'body', paths);
      const finished = await page.waitForFunction((wanted) => {
        const { answers, droppedAt } = window.watched;
        if (answers.length < wanted || document.querySelector('[data-testid=progress]')) return null;
        const [start, end] = [droppedAt, performance.now()].map((millis) => (performance.timeOrigin + millis) / 1e3);
        return { start, end, seconds: end - start };
      }, expected, { timeout });
      return finished.jsonValue();
    },
    /** What the workers have said since they were asked for it last: milliseconds by stage, and memory. */
    answers: () => page.evaluate(() => {
      const { answers } = window.watched, { length } = answers;
      const news = answers.slice(window.watched.told);
      window.watched.told = length;
      return news;
    }),
    close: () => page.context().close(),
  };
}

/** Runs in the page before its own code: notes drops, and every extraction the workers hand in. */
function watch() {
  const answers = [];
  window.watched = { answers, droppedAt: 0, told: 0 };
  addEventListener('drop', () => (window.watched.droppedAt = performance.now()), true);
  let numWorkers = 0;
  window.Worker = class extends Worker {
    constructor(...options) {
      super(...options);
      const worker = numWorkers++;
      this.addEventListener('message', ({ data: { type, answer, memory } }) => {
        if (type !== 'done' || !answer.extracted) return;
        const { readMillis: read, decodeMillis: decode, resizeMillis: resize, forwardMillis: forward } = answer;
        answers.push({ worker, at: performance.now(), read, decode, resize, forward, memory });
      });
    }
  };
}
