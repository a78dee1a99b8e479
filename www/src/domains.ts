// Samples in, the folders that may be domains out: those around the classes' own, and the tray.

import type { SampleId } from './protocol';
import type { Dataset } from './store';
import { thumbnails } from './thumbnails';

export interface DomainFolder {
  name: string;
  samples: SampleId[];
}

const TRAY = 'Unsorted';
/** More aren't listed: they are no domains. */
const MAX_FOLDERS = 12;

/** The largest first, the tray of unsorted pictures last. */
export function domainFolders({ classes, unsorted }: Dataset): DomainFolder[] {
  const folders = new Map<string, SampleId[]>();
  for (const { samples } of classes) {
    for (const id of samples) {
      const name = around(thumbnails.path(id));
      if (name === null) continue;
      const there = folders.get(name);
      if (there) there.push(id);
      else folders.set(name, [id]);
    }
  }
  const named = [...folders].map(([name, samples]) => ({ name, samples })).sort((a, b) => b.samples.length - a.samples.length);
  // A folder that holds all there is tells nothing apart.
  const num = classes.reduce((sum, { samples }) => sum + samples.length, 0);
  const telling = named.filter(({ samples }) => samples.length < num).slice(0, MAX_FOLDERS);
  return unsorted.length > 0 ? [...telling, { name: TRAY, samples: unsorted }] : telling;
}

/** What the class's folder lies in; null if in nothing. */
function around(path: string): string | null {
  const folders = path.split('/').slice(0, -2);
  return folders.length > 0 ? folders.join('/') : null;
}
