// One small JPEG per sample, kept for as long as the page lives, so that undo can bring it back.

import { store } from './store';
import type { SampleId } from './protocol';

export class Thumbnails {
  private readonly blobs = new Map<SampleId, Blob>();
  private readonly paths = new Map<SampleId, string>();

  name(id: SampleId, path: string): void {
    this.paths.set(id, path);
  }

  keep(id: SampleId, jpeg: Uint8Array): void {
    this.blobs.set(id, new Blob([jpeg as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' }));
    store.set({ thumbnails: this.blobs.size });
  }

  blob(id: SampleId): Blob | undefined {
    return this.blobs.get(id);
  }

  path(id: SampleId): string {
    return this.paths.get(id) ?? '';
  }
}

export const thumbnails = new Thumbnails();
