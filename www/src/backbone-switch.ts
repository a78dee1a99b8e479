// Another backbone: its weights fetched, all pictures read again with it beside the one in use, which
// it then replaces. Until then that one stays, and so it can be given up.

import { backbone } from './backbones';
import { problemOf } from './importer';
import type { Pool } from './pool';
import type { Command, Event, Problem, SampleId } from './protocol';
import { sources } from './sources';
import { store } from './store';
import { fetchWeights } from './weights';

export interface Backbone {
  id: string;
  weights: Uint8Array;
  pool: Pool;
}

export interface SwitchOptions {
  send(command: Command, transfer?: ArrayBuffer[]): void;
  /** Workers as the device wants them; `mayStart` holds back what it couldn't keep up with. */
  openPool(id: string, weights: Uint8Array, mayStart: () => boolean): Promise<Pool>;
  onProblem(problem: Problem): void;
  onInUse(next: Backbone): void;
}

/** More decoded pictures than this waiting for the GPU only fill memory. */
const MAX_IN_FLIGHT = 64;

export class BackboneSwitch {
  private next: Backbone | null = null;
  private canceling: AbortController | null = null;
  private settle: (inUse: boolean) => void = () => {};
  private settled: Promise<boolean> = Promise.resolve(true);
  private numSent = 0;
  private numDone = 0;

  constructor(private readonly options: SwitchOptions) {}

  /** Resolves to whether it is in use. */
  async to(id: string): Promise<boolean> {
    if (this.canceling) return false;
    if (id === store.state.backbone) return true;
    const { signal } = (this.canceling = new AbortController());
    this.settled = new Promise<boolean>((resolve) => (this.settle = resolve));
    this.numSent = 0;
    this.numDone = 0;
    store.set({ switching: { to: id, fetching: true, done: 0, total: 0 } });
    try {
      const weights = await fetchWeights(id, (done, total) => this.change({ done, total }), signal);
      const pool = await this.options.openPool(id, weights, () => this.numSent - this.numDone < MAX_IN_FLIGHT);
      this.next = { id, weights, pool };
      signal.throwIfAborted();
      this.change({ fetching: false, done: 0, total: 0 });
      this.options.send({ type: 'useBackbone', backbone: weights });
    } catch (error) {
      if (!signal.aborted) {
        const trouble = error instanceof Error ? error.message : String(error);
        store.notify(`${backbone(id).title} could not be fetched: ${trouble}. Nothing has changed.`, 'warning');
      }
      this.end(false);
    }
    return this.settled;
  }

  /** When no change is going on: pictures that come meanwhile wait for it. */
  async whenSettled(): Promise<void> {
    await this.settled;
  }

  cancel(): void {
    if (!this.canceling) return;
    this.canceling.abort();
    // The trainer says when it is given up; by then it may be in use.
    if (this.next && !store.state.switching?.fetching) this.options.send({ type: 'keepBackbone' });
  }

  hear(event: Event): void {
    switch (event.type) {
      case 'needReadings':
        for (const id of event.samples) void this.read(id);
        break;
      case 'switchProgress':
        this.numDone = event.done;
        this.change({ done: event.done, total: event.total });
        this.next?.pool.pump();
        break;
      case 'backboneInUse': {
        const { next } = this;
        this.next = null;
        if (next) this.options.onInUse(next);
        this.end(true);
        break;
      }
      case 'backboneKept':
        if (event.message !== null) store.notify(event.message, 'warning');
        this.end(false);
    }
  }

  private async read(sample: SampleId): Promise<void> {
    const file = sources.of(sample);
    const { next } = this;
    const signal = this.canceling?.signal;
    if (!next || !signal) return;
    try {
      if (!file) throw new Error('its file is not here any more');
      const { extracted } = await next.pool.run('extract', file, { signal });
      this.numSent++;
      this.options.send({ type: 'reading', sample, extracted }, [extracted.bytes.buffer as ArrayBuffer]);
    } catch (error) {
      if (signal.aborted) return;
      this.numSent++;
      this.options.onProblem(problemOf(error, file?.path ?? 'a picture'));
      this.options.send({ type: 'reading', sample, extracted: null });
    }
  }

  private end(inUse: boolean): void {
    this.next?.pool.close();
    this.next = null;
    this.canceling = null;
    store.set({ switching: null });
    this.settle(inUse);
  }

  private change(patch: { fetching?: boolean; done: number; total: number }): void {
    const { switching } = store.state;
    if (switching) store.set({ switching: { ...switching, ...patch } });
  }
}
