// Samples in, their files out: pixels aren't kept, so a picture to be looked into is read again.

import type { PictureFile } from './messages';
import type { SampleId } from './protocol';

export class Sources {
  private readonly files = new Map<SampleId, PictureFile>();

  keep(id: SampleId, file: PictureFile): void {
    this.files.set(id, file);
  }

  of(id: SampleId): PictureFile | undefined {
    return this.files.get(id);
  }
}

export const sources = new Sources();
