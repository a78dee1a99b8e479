// Counts of finished images in, images per second and the time left out.

/** Long enough to smooth bursts, short enough to notice a change of pace. */
const WINDOW_MILLIS = 6000;
/** Before that the estimate would jump about. */
const MIN_MILLIS = 400;

interface Mark {
  at: number;
  done: number;
}

export class RateMeter {
  private marks: Mark[] = [];

  reset(): void {
    this.marks = [];
  }

  measure(done: number, total: number, now: number): { imagesPerSecond: number | null; secondsLeft: number | null } {
    if ((this.marks.at(-1)?.done ?? 0) > done) this.reset();
    this.marks.push({ at: now, done });
    while (this.marks.length > 2 && now - this.marks[1]!.at > WINDOW_MILLIS) this.marks.shift();
    const first = this.marks[0]!;
    const elapsed = now - first.at;
    if (elapsed < MIN_MILLIS || done === first.done) return { imagesPerSecond: null, secondsLeft: null };
    const imagesPerSecond = ((done - first.done) / elapsed) * 1000;
    return { imagesPerSecond, secondsLeft: (total - done) / imagesPerSecond };
  }
}
