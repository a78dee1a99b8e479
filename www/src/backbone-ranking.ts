// "Which one suits my pictures?": a part of the labeled pictures through every backbone, and the
// trainer's word on what came out.

import { backbone } from './backbones';
import type { Pool } from './pool';
import { BACKBONES, type BackboneRating, type Command, type Event, type SampleId } from './protocol';
import { sources } from './sources';
import { store, type Ranking } from './store';
import { fetchWeights } from './weights';

/** The same pictures every time, as long as they are the same. */
const SEED = 1;

export interface RankingOptions {
  send(command: Command, transfer?: ArrayBuffer[]): void;
  /** Workers that run a backbone on the CPU. */
  openPool(id: string, weights: Uint8Array): Promise<Pool>;
}

/** Features by picture, and how long the network took for one. */
interface Read {
  id: string;
  rows: Map<SampleId, Uint8Array>;
  millis: number;
}

type Answer = 'drawn' | 'backbonesRated';

export class BackboneRanking {
  private canceling: AbortController | null = null;
  private hearing: { type: Answer; resolve(event: Event): void; reject(reason: Error): void } | null = null;

  constructor(private readonly options: RankingOptions) {}

  hear(event: Event): void {
    if (event.type === this.hearing?.type) this.hearing.resolve(event);
    else if (event.type === 'refused') this.hearing?.reject(new Error(event.message));
    else if (event.type === 'backboneInUse') this.stop();
  }

  async start(): Promise<void> {
    if (this.canceling) return;
    const { signal } = (this.canceling = new AbortController());
    this.change({ running: true, doing: 'Choosing pictures', progress: 0, message: null });
    try {
      const samples = await this.drawn();
      const reads: Read[] = [];
      for (const { id } of BACKBONES) reads.push(await this.read(id, samples, reads.length, signal));
      const readable = samples.filter((sample) => reads.every(({ rows }) => rows.has(sample)));
      this.change({ doing: 'Comparing', progress: 1 });
      await this.rate(readable, reads);
      this.change({ running: false });
    } catch (error) {
      const message = signal.aborted ? null : error instanceof Error ? error.message : String(error);
      this.change({ running: false, message });
    }
    this.canceling = null;
    this.hearing = null;
  }

  stop(): void {
    this.canceling?.abort(new Error('stopped'));
    this.hearing?.reject(new Error('stopped'));
  }

  private async drawn(): Promise<SampleId[]> {
    const answer = this.answered('drawn');
    this.options.send({ type: 'drawLabeled', seed: SEED });
    return ((await answer) as Event & { type: 'drawn' }).samples;
  }

  /** One backbone at a time: all at once would need the memory of all. */
  private async read(id: string, samples: SampleId[], before: number, signal: AbortSignal): Promise<Read> {
    const { title } = backbone(id);
    const weights = await fetchWeights(id, (loaded, total) => {
      this.change({ doing: `Fetching ${title}`, progress: (before + 0.3 * (total > 0 ? loaded / total : 0)) / BACKBONES.length });
    }, signal);
    signal.throwIfAborted();
    const pool = await this.options.openPool(id, weights);
    const rows = new Map<SampleId, Uint8Array>();
    let done = 0;
    let millis = 0;
    const readOne = async (sample: SampleId) => {
      const reading = await pool.run('extract', sources.of(sample)!, { signal }).catch(() => null);
      signal.throwIfAborted();
      if (reading) {
        rows.set(sample, reading.extracted.bytes);
        millis += reading.forwardMillis;
      }
      done++;
      this.change({ doing: `Looking with ${title}`, progress: (before + 0.3 + 0.7 * done / samples.length) / BACKBONES.length });
    };
    try {
      await Promise.race([Promise.all(samples.map(readOne)), aborted(signal)]);
    } finally {
      pool.close();
    }
    return { id, rows, millis: millis / Math.max(1, rows.size) };
  }

  private async rate(samples: SampleId[], reads: Read[]): Promise<void> {
    const candidates = reads.map(({ id, rows }) => ({ backbone: id, features: joined(samples.map((sample) => rows.get(sample)!)) }));
    const answer = this.answered('backbonesRated');
    this.options.send({ type: 'rateBackbones', samples, candidates }, candidates.map(({ features }) => features.buffer as ArrayBuffer));
    const { ratings, recommended, numSamples } = (await answer) as Event & { type: 'backbonesRated' };
    const millisOf = ({ backbone: id }: BackboneRating) => reads.find((read) => read.id === id)!.millis;
    this.change({ result: { ratings: ratings.map((rating) => ({ ...rating, millis: millisOf(rating) })), recommended, numSamples }, outdated: false });
  }

  private answered(type: Answer): Promise<Event> {
    return new Promise((resolve, reject) => (this.hearing = { type, resolve, reject }));
  }

  private change(patch: Partial<Ranking>): void {
    store.set({ ranking: { ...(store.state.ranking ?? UNASKED), ...patch } });
  }
}

const UNASKED: Ranking = { running: false, doing: '', progress: 0, message: null, result: null, outdated: false };

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

function joined(rows: Uint8Array[]): Uint8Array {
  const length = rows[0]?.byteLength ?? 0;
  const bytes = new Uint8Array(length * rows.length);
  rows.forEach((row, index) => bytes.set(row, index * length));
  return bytes;
}
