// Samples in, their files out: pixels aren't kept, so a picture to be looked into is read again.

import type { PictureFile } from './messages';
import type { Import, SampleId } from './protocol';

export class Sources {
  private readonly files = new Map<SampleId, PictureFile>();
  /** Where pictures of earlier visits are looked for. */
  private earlier: (id: SampleId) => Promise<PictureFile | null> = async () => null;

  keep(id: SampleId, file: PictureFile): void {
    this.files.set(id, file);
  }

  lookIn(earlier: (id: SampleId) => Promise<PictureFile | null>): void {
    this.earlier = earlier;
  }

  /** As dropped in this visit. */
  of(id: SampleId): PictureFile | undefined {
    return this.files.get(id);
  }

  /** All of this visit. */
  all(): Import[] {
    return [...this.files].map(([id, { path }]) => ({ id, path }));
  }

  /** Null if it was dropped in an earlier visit and not kept. */
  async find(id: SampleId): Promise<PictureFile | null> {
    return this.files.get(id) ?? this.earlier(id);
  }
}

/** What to say of a picture that is known and not there. */
export function notKept(path: string) {
  return {
    file: path,
    trouble: 'the picture itself was not kept, only what the network made of it',
    remedy: 'Drop it again to look into it; “keep the pictures too” in the project\'s menu saves them from now on.',
  };
}

export const sources = new Sources();
