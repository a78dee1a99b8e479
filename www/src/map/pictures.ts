// A sample in, its decoded thumbnail out, as soon as there is one. Keeps the ones asked for last.

import type { SampleId } from '../protocol';

/** 64 KB each, and more than are ever on screen together. */
const MAX_KEPT = 500;
const MAX_AT_ONCE = 8;

export class Pictures {
  /** In the order they were asked for last; null is one that can't be decoded. */
  private readonly kept = new Map<SampleId, ImageBitmap | null>();
  private readonly coming = new Set<SampleId>();
  private closed = false;

  constructor(
    private readonly blobOf: (id: SampleId) => Blob | undefined,
    private readonly onArrived: () => void,
  ) {}

  /** Nothing while it is being decoded: `onArrived` tells when to ask again. */
  get(id: SampleId): ImageBitmap | null | undefined {
    const known = this.kept.get(id);
    if (known === undefined) {
      this.fetch(id);
      return undefined;
    }
    this.kept.delete(id);
    this.kept.set(id, known);
    return known;
  }

  close(): void {
    this.closed = true;
    for (const bitmap of this.kept.values()) bitmap?.close();
    this.kept.clear();
  }

  private fetch(id: SampleId): void {
    if (this.coming.size >= MAX_AT_ONCE || this.coming.has(id)) return;
    const blob = this.blobOf(id);
    if (!blob) return;
    this.coming.add(id);
    void createImageBitmap(blob)
      .catch(() => null)
      .then((bitmap) => {
        this.coming.delete(id);
        if (this.closed) return bitmap?.close();
        this.kept.set(id, bitmap);
        for (const [oldest, old] of this.kept) {
          if (this.kept.size <= MAX_KEPT) break;
          old?.close();
          this.kept.delete(oldest);
        }
        this.onArrived();
      });
  }
}
