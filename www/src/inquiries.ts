// "Why?": one picture, read again, and what the trainer says of how it is judged.

import { type Explainer, likeliest } from './explain';
import { problemOf } from './importer';
import type { PictureFile } from './messages';
import type { Pool } from './pool';
import type { Event, SampleId } from './protocol';
import { notKept, sources } from './sources';
import { thumbnails } from './thumbnails';
import { type Inquiry, store } from './store';

export class Inquiries {
  /** Counts pictures: answers about an earlier one are dropped. */
  private turn = 0;
  /** An explanation is on its way, or wanted anew once it has come. */
  private asking = false;
  private askAgain = false;

  constructor(private readonly pool: () => Promise<Pool>, private readonly explainer: Explainer) {}

  hear(event: Event): void {
    const { inquiry } = store.state;
    if (!inquiry) return;
    if (event.type === 'trained' || event.type === 'modelLoaded') {
      // Its classes may be others.
      this.stopHiding();
      this.change({ about: null, explanation: null, occlusion: null });
      void this.explain();
    }
    // Other labels, other voices.
    if (event.type === 'dataset') void this.explain();
  }

  async aboutSample(id: SampleId): Promise<void> {
    const turn = this.begin(thumbnails.path(id));
    const file = await sources.find(id);
    if (turn !== this.turn) return;
    if (file) return this.read(file, turn);
    const { trouble, remedy } = notKept(thumbnails.path(id));
    this.change({ trouble: `${trouble[0]!.toUpperCase()}${trouble.slice(1)}. ${remedy}`, waiting: false });
  }

  about(file: PictureFile): Promise<void> {
    return this.read(file, this.begin(file.path));
  }

  private begin(name: string): number {
    this.explainer.stopOcclusion();
    store.set({
      inquiry: { name, pixels: null, about: null, explanation: null, waiting: true, occlusion: null, hiding: null, trouble: null },
    });
    return ++this.turn;
  }

  private async read(file: PictureFile, turn: number): Promise<void> {
    try {
      const pool = await this.pool();
      const { extracted } = await pool.run('pixels', file, { urgent: true });
      if (turn !== this.turn) return;
      this.change({ pixels: extracted.bytes });
      await this.explain();
    } catch (error) {
      const { trouble, remedy } = problemOf(error, file.path);
      if (turn === this.turn) this.change({ trouble: `${trouble}. ${remedy}`, waiting: false });
    }
  }

  /** Another class of the model, by its index. */
  choose(about: number): void {
    const { inquiry } = store.state;
    if (!inquiry || inquiry.about === about) return;
    this.stopHiding();
    const { explanation } = inquiry;
    this.change({ about, explanation: explanation && { ...explanation, voices: null }, occlusion: null });
    void this.explain();
  }

  /** Hides a patch at a time and watches what becomes of the class looked at. */
  async hide(): Promise<void> {
    const { inquiry } = store.state;
    if (!inquiry?.pixels || inquiry.about === null) return;
    const { turn } = this;
    const { pixels, about } = inquiry;
    this.change({ hiding: 0, occlusion: null, trouble: null });
    try {
      const occlusion = await this.explainer.occlude({ pixels, class: about }, (hiding) => this.change({ hiding }));
      // If it was stopped, something else may be going on by now.
      if (occlusion && turn === this.turn) this.change({ occlusion, hiding: null });
    } catch (error) {
      if (turn === this.turn) this.change({ hiding: null, trouble: wordsOf(error) });
    }
  }

  stopHiding(): void {
    this.explainer.stopOcclusion();
    this.change({ hiding: null });
  }

  close(): void {
    this.turn++;
    this.explainer.stopOcclusion();
    store.set({ inquiry: null });
  }

  /** One question at a time: labels may change faster than the answers come. */
  private async explain(): Promise<void> {
    if (this.asking) {
      this.askAgain = true;
      return;
    }
    this.asking = true;
    do {
      this.askAgain = false;
      await this.explainOnce();
    } while (this.askAgain);
    this.asking = false;
  }

  private async explainOnce(): Promise<void> {
    const { inquiry } = store.state;
    if (!inquiry?.pixels) return;
    const { turn } = this;
    const { pixels, about } = inquiry;
    this.change({ waiting: true, trouble: null });
    try {
      const explanation = await this.explainer.explain({ pixels, class: about, withVoices: true });
      if (turn !== this.turn || this.askAgain) return;
      this.change({ explanation, about: about ?? likeliest(explanation.probabilities), waiting: false });
    } catch (error) {
      if (turn === this.turn) this.change({ waiting: false, trouble: wordsOf(error) });
    }
  }

  private change(patch: Partial<Inquiry>): void {
    const { inquiry } = store.state;
    if (inquiry) store.set({ inquiry: { ...inquiry, ...patch } });
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
