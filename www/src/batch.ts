// Many pictures in, what the model in use says of each out; nothing of a picture is kept but the answer.

import type { Asker } from './asker';
import { likeliest } from './explain';
import { problemOf } from './importer';
import type { PictureFile, Reading } from './messages';
import type { Pool } from './pool';
import type { Event, Problem } from './protocol';
import { RateMeter } from './rate-meter';
import { type BatchState, store } from './store';

/** Enough that no worker waits for the trainer, few enough that nothing piles up. */
const NUM_AT_ONCE = 12;
/** Between two looks at how far it is. */
const TELL_MILLIS = 200;

/** What the model said of one picture. */
export interface Answered {
  file: PictureFile;
  /** One per class of the model; empty if the picture couldn't be read. */
  probabilities: Float32Array;
  /** Index of the likeliest class. */
  predicted: number;
  confidence: number;
  /** Whether it looks like one of the classes at all; null if the model can't tell. */
  isFamiliar: boolean | null;
  problem: Problem | null;
}

export class Batch {
  private canceling = new AbortController();

  constructor(private readonly pool: () => Promise<Pool>, private readonly asker: Asker) {}

  hear(event: Event): void {
    if (event.type !== 'trained' && event.type !== 'modelLoaded') return;
    const { batch } = store.state;
    if (!batch) return;
    // Half the answers of one model and half of another would be of use to no one.
    if (batch.running) this.cancel();
    store.set({ batch: { ...store.state.batch!, outdated: true } });
  }

  /** Resolves when all are answered, or when it was canceled. */
  async ask(files: PictureFile[]): Promise<void> {
    this.cancel();
    const { signal } = (this.canceling = new AbortController());
    const { model } = store.state;
    if (!model) return;
    const classes = model.classes;
    const answers: Answered[] = [];
    store.set({ batch: { classes, answers, total: files.length, running: true, canceled: false, outdated: false, pace: null } });
    const task = model.tuned ? 'pixels' : 'extract';
    const meter = new RateMeter();
    const tell = (patch: Partial<BatchState> = {}) => {
      const { batch } = store.state;
      if (batch?.answers !== answers) return;
      store.set({ batch: { ...batch, pace: meter.measure(answers.length, files.length, performance.now()), ...patch } });
    };
    const timer = setInterval(tell, TELL_MILLIS);
    let next = 0;
    const work = async () => {
      while (next < files.length && !signal.aborted) {
        const file = files[next++]!;
        const answer = await this.answer(file, task, signal);
        if (!signal.aborted) answers.push(answer);
      }
    };
    await Promise.all(Array.from({ length: NUM_AT_ONCE }, work));
    clearInterval(timer);
    // They come in as they are done; people expect them as they gave them.
    const order = new Map(files.map((file, index) => [file, index]));
    answers.sort((a, b) => order.get(a.file)! - order.get(b.file)!);
    tell({ running: false, canceled: signal.aborted });
  }

  cancel(): void {
    this.canceling.abort();
  }

  private async answer(file: PictureFile, task: 'extract' | 'pixels', signal: AbortSignal): Promise<Answered> {
    const unanswered = { file, probabilities: new Float32Array(), predicted: 0, confidence: 0, isFamiliar: null };
    let reading: Reading;
    try {
      const pool = await this.pool();
      reading = await pool.run(task, file, { signal });
    } catch (error) {
      return { ...unanswered, problem: problemOf(error, file.path) };
    }
    const answer = await this.asker.ask(reading.extracted);
    if (!answer) {
      return { ...unanswered, problem: { file: file.path, trouble: 'the model gave no answer', remedy: 'Train it again, then ask again' } };
    }
    const predicted = likeliest(answer.probabilities);
    const probabilities = Float32Array.from(answer.probabilities);
    return { file, probabilities, predicted, confidence: probabilities[predicted]!, isFamiliar: answer.isFamiliar, problem: null };
  }
}
