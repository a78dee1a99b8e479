// Pictures that were read in; the files they came from into the project, when nothing else is going on.

import type { PictureFile, Source } from '../messages';
import type { Pool } from '../pool';
import type { SampleId } from '../protocol';
import { store } from '../store';
import { Refusal } from './keeper';
import type { Saver } from './saver';

/** Whether they are kept is a choice for all projects of this browser. */
const KEY = 'graft-keep-pictures';

export class Originals {
  private waiting: { id: SampleId; file: PictureFile }[] = [];
  private busy = false;

  constructor(private readonly saver: Saver, private readonly pool: () => Promise<Pool>) {}

  static areWanted(): boolean {
    try {
      return localStorage.getItem(KEY) !== 'no';
    } catch {
      return true;
    }
  }

  static want(wanted: boolean): void {
    try {
      localStorage.setItem(KEY, wanted ? 'yes' : 'no');
    } catch {
      // Then it lasts for this visit.
    }
    store.set({ project: { ...store.state.project, keepPictures: wanted } });
  }

  add(id: SampleId, file: PictureFile): void {
    this.waiting.push({ id, file });
  }

  /** One at a time, and never while pictures are being read; call it when that may be over. */
  async work(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      while (this.waiting.length > 0 && this.mayWork()) {
        const { id, file } = this.waiting[0]!;
        const blob = await this.blobOf(file).catch(() => null);
        if (blob) await this.saver.keepPicture(id, blob);
        this.waiting.shift();
      }
    } catch (error) {
      const words = error instanceof Refusal ? error.message : String(error);
      store.notify(`The pictures themselves are not kept: ${words} All else is.`, 'warning');
      this.waiting = [];
    } finally {
      this.busy = false;
    }
  }

  private mayWork(): boolean {
    const { progress, listing, project } = store.state;
    return progress === null && listing === 0 && project.keepPictures && this.saver.mayKeepPictures;
  }

  private async blobOf({ path, source }: PictureFile): Promise<Blob | null> {
    switch (source.from) {
      case 'file':
        return source.file;
      case 'bytes':
        return new Blob([source.bytes as Uint8Array<ArrayBuffer>]);
      case 'archive': {
        const pool = await this.pool();
        const { bytes } = await pool.run('bytes', { path, source });
        return new Blob([bytes as Uint8Array<ArrayBuffer>]);
      }
      case 'pixels':
        return null;
    }
  }
}

/** What a file kept in the project is read by. */
export function kept(path: string, file: File): PictureFile {
  return { path, source: { from: 'file', file } satisfies Source };
}
