// One sitting of labeling: the tray's pictures one after the other, as the trainer suggests them.

import { app } from './app';
import { placement } from './placement';
import type { ClassId, SampleId, Suggestion } from './protocol';
import { store } from './store';
import { thumbnails } from './thumbnails';

const NUM_SUGGESTIONS = 12;
/** New labels change what is worth knowing next, but a handful at a time. */
const ANSWERS_PER_QUESTION = 6;
/** The first suggestions are worth a short wait; then the tray's own order has to do. */
export const PATIENCE_MILLIS = 2000;

interface Answer {
  sample: SampleId;
  /** What was said of it; null if it was skipped. */
  label: string | null;
  /** Edits it took, for as many undos. */
  numEdits: number;
  numSamples: number;
}

export class Labeling {
  /** What is asked about. */
  current: SampleId | null = null;
  private readonly began = performance.now();
  /** Found in an earlier sitting. */
  private readonly old = store.state.findings.nextLabels;
  private readonly answers: Answer[] = [];
  private readonly answered = new Set<SampleId>();
  private readonly skipped = new Set<SampleId>();
  private sinceAsked = 0;
  /** A class that was asked for and has no id yet. */
  private naming: { sample: SampleId; name: string; known: ReadonlySet<ClassId> } | null = null;

  constructor() {
    this.ask();
  }

  /** Call it when the store has changed. */
  refresh(): void {
    this.finishNaming();
    const gone = this.current !== null && placement(store.state.dataset).get(this.current) === undefined;
    if (this.current === null || gone) this.current = this.next();
  }

  get isWaiting(): boolean {
    const running = store.state.studies.nextLabels?.running ?? false;
    return running && this.suggestions.length === 0 && performance.now() - this.began < PATIENCE_MILLIS;
  }

  get suggestion(): Suggestion | undefined {
    return this.suggestions.find(({ sample }) => sample === this.current);
  }

  get numLabeled(): number {
    return this.answers.filter(({ label }) => label !== null).length;
  }

  get numSkipped(): number {
    return this.left.filter((id) => this.skipped.has(id)).length;
  }

  get numLeft(): number {
    return this.left.length;
  }

  get last(): Readonly<Answer> | undefined {
    return this.answers.at(-1);
  }

  /** The next few after the current one, so that their pictures are there in time. */
  upcoming(limit: number): SampleId[] {
    const suggested = this.suggestions.map(({ sample }) => sample);
    const order = [...new Set([...suggested, ...this.left])];
    return order.filter((id) => id !== this.current && this.isOpen(id)).slice(0, limit);
  }

  /** Whether it could be done: a class that is being made has to be there first. */
  label(to: ClassId): boolean {
    const view = store.state.dataset.classes.find(({ id }) => id === to);
    if (!view || this.current === null || this.naming) return false;
    app.send({ type: 'moveSamples', samples: [this.current], class: to });
    this.answer(view.name, 1);
    return true;
  }

  /** A name that is taken means that class. */
  labelAnew(name: string): boolean {
    if (this.current === null || this.naming) return false;
    const { classes } = store.state.dataset;
    const same = classes.find((view) => view.name.toLowerCase() === name.toLowerCase());
    if (same) return this.label(same.id);
    this.naming = { sample: this.current, name, known: new Set(classes.map(({ id }) => id)) };
    app.send({ type: 'addClass', name });
    this.answer(name, 2);
    return true;
  }

  skip(): void {
    if (this.current === null) return;
    this.skipped.add(this.current);
    this.answer(null, 0);
  }

  offerSkippedAgain(): void {
    this.skipped.clear();
    this.ask();
    this.refresh();
  }

  /** Back to the last picture, as if nothing had been said of it. */
  undo(): Readonly<Answer> | undefined {
    if (this.naming) return undefined;
    const last = this.answers.pop();
    if (!last) return undefined;
    // Pictures that came in since are an edit too, which isn't to be taken back.
    const untouched = last.numSamples === placement(store.state.dataset).size;
    if (untouched) for (let edit = 0; edit < last.numEdits; edit++) app.send({ type: 'undo' });
    else if (last.numEdits > 0) app.send({ type: 'moveSamples', samples: [last.sample], class: null });
    this.answered.delete(last.sample);
    this.skipped.delete(last.sample);
    this.current = last.sample;
    return last;
  }

  private get suggestions(): readonly Suggestion[] {
    const found = store.state.findings.nextLabels;
    return found && found !== this.old ? found.suggestions : [];
  }

  /** In the tray, and not about to leave it. */
  private get left(): SampleId[] {
    return store.state.dataset.unsorted.filter((id) => !this.answered.has(id));
  }

  private isOpen(id: SampleId): boolean {
    return !this.answered.has(id) && !this.skipped.has(id) && placement(store.state.dataset).get(id) === null;
  }

  private answer(label: string | null, numEdits: number): void {
    const sample = this.current!;
    this.answers.push({ sample, label, numEdits, numSamples: placement(store.state.dataset).size });
    if (label !== null) this.answered.add(sample);
    this.sinceAsked++;
    this.current = this.next();
    this.askIfDue();
  }

  private next(): SampleId | null {
    const suggested = this.suggestions.find(({ sample }) => this.isOpen(sample));
    if (suggested) return suggested.sample;
    if (this.isWaiting) return null;
    return this.left.find((id) => this.isOpen(id) && thumbnails.blob(id)) ?? null;
  }

  private askIfDue(): void {
    if (store.state.studies.nextLabels?.running) return;
    const numSuggested = this.suggestions.filter(({ sample }) => this.isOpen(sample)).length;
    const numOpen = this.left.filter((id) => this.isOpen(id)).length;
    const runsOut = numSuggested < 2 && numOpen > numSuggested;
    if (numOpen > 0 && (this.sinceAsked >= ANSWERS_PER_QUESTION || runsOut)) this.ask();
  }

  private ask(): void {
    this.sinceAsked = 0;
    app.study({ kind: 'nextLabels', count: NUM_SUGGESTIONS, skip: [...this.skipped] });
  }

  private finishNaming(): void {
    if (!this.naming) return;
    const { sample, known } = this.naming;
    const made = store.state.dataset.classes.find(({ id }) => !known.has(id));
    if (!made) return;
    this.naming = null;
    app.send({ type: 'moveSamples', samples: [sample], class: made.id });
  }
}
