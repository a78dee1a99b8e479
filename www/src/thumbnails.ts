// One small JPEG per sample, kept for as long as the page lives, so that undo can bring it back.

import { store } from './store';
import type { SampleId } from './protocol';

export class Thumbnails {
  /** Bytes until somebody looks: making a Blob takes the main thread milliseconds. */
  private readonly kept = new Map<SampleId, Uint8Array | Blob>();
  private readonly paths = new Map<SampleId, string>();

  name(id: SampleId, path: string): void {
    this.paths.set(id, path);
  }

  keep(id: SampleId, jpeg: Uint8Array): void {
    this.kept.set(id, jpeg);
    store.set({ thumbnails: this.kept.size });
  }

  blob(id: SampleId): Blob | undefined {
    const kept = this.kept.get(id);
    if (!kept || kept instanceof Blob) return kept;
    const blob = new Blob([kept as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' });
    this.kept.set(id, blob);
    return blob;
  }

  allPaths(): Map<SampleId, string> {
    return this.paths;
  }

  path(id: SampleId): string {
    return this.paths.get(id) ?? '';
  }
}

export const thumbnails = new Thumbnails();
