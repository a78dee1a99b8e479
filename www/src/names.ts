// The reader of class names: 25 MB that are fetched when somebody asks, and given to the trainer.

import type { Command } from './protocol';
import { store } from './store';
import { fetchFile } from './weights';

/** Beside index.html, as the weights are. */
const ADDRESS = 'weights/names.safetensors';
/** Told before it is fetched. */
export const READER_MEGABYTES = 25;

export const CLASS_NAMES = 'class_names';

export class NamesReader {
  private fetching: AbortController | null = null;

  constructor(private readonly send: (command: Command, transfer: ArrayBuffer[]) => void) {}

  async get(): Promise<void> {
    if (store.state.reader.stage !== 'absent') return;
    const fetching = new AbortController();
    this.fetching = fetching;
    store.set({ reader: { stage: 'fetching', loaded: 0, total: 0 } });
    try {
      const reader = await fetchFile(ADDRESS, (loaded, total) => store.set({ reader: { stage: 'fetching', loaded, total } }), fetching.signal);
      store.set({ reader: { stage: 'starting' } });
      this.send({ type: 'readNames', reader }, [reader.buffer as ArrayBuffer]);
    } catch (error) {
      store.set({ reader: { stage: 'absent' } });
      if (fetching.signal.aborted) return;
      const trouble = error instanceof Error ? error.message : String(error);
      store.notify(`The reader of names could not be fetched: ${trouble}. Check the connection and try again.`, 'warning');
    }
  }

  cancel(): void {
    this.fetching?.abort();
  }
}
