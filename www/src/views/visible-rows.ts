// Which rows of a tall element are on screen, asked again whenever anything scrolls or resizes.

/** Rows drawn beyond each edge, so that scrolling meets pictures, not blanks. */
const OVERSCAN_ROWS = 3;

type Callback = () => void;

/** Elements near the screen; the others needn't be asked. */
const near = new Map<Element, Callback>();
const callbacks = new WeakMap<Element, Callback>();
/** Those that will be asked before the next frame. */
const asked = new Set<Callback>();

/** All before one frame, so that the page is laid out once and not for each. */
function ask(callbacks: Iterable<Callback>): void {
  const isScheduled = asked.size > 0;
  for (const callback of callbacks) asked.add(callback);
  if (isScheduled || asked.size === 0) return;
  requestAnimationFrame(() => {
    const all = [...asked];
    asked.clear();
    for (const callback of all) callback();
  });
}

/** Calls a watched element back: it has changed by itself. */
export function askSoon(element: Element): void {
  const callback = callbacks.get(element);
  if (callback) ask([callback]);
}

// Captured: scrolling of inner panels doesn't bubble.
document.addEventListener('scroll', () => ask(near.values()), { capture: true, passive: true });

const nearness = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      const callback = callbacks.get(target);
      if (!callback) continue;
      if (isIntersecting) near.set(target, callback);
      else near.delete(target);
      // Once more on leaving: then no row is on screen.
      callback();
    }
  },
  { rootMargin: '200px' },
);
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => callbacks.get(target)?.()));

/** Calls back when other rows may be visible. Returns how to stop. */
export function watchScrolling(element: Element, callback: Callback): () => void {
  callbacks.set(element, callback);
  nearness.observe(element);
  sizes.observe(element);
  return () => {
    nearness.unobserve(element);
    sizes.unobserve(element);
    near.delete(element);
    callbacks.delete(element);
  };
}

/** `last` is exclusive. */
export function visibleRows(element: HTMLElement, rowPixels: number): { first: number; last: number } {
  const { top } = element.getBoundingClientRect();
  const clip = element.closest('[data-scroller]')?.getBoundingClientRect();
  const from = Math.max(0, clip?.top ?? 0);
  const to = Math.min(innerHeight, clip?.bottom ?? innerHeight);
  const first = Math.floor((from - top) / rowPixels) - OVERSCAN_ROWS;
  const last = Math.ceil((to - top) / rowPixels) + OVERSCAN_ROWS;
  return { first: Math.max(0, first), last: Math.max(0, last) };
}
