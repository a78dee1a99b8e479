// The labeling dialog: one picture, the model's guess, and a key for every answer.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { app } from '../app';
import { Labeling, PATIENCE_MILLIS } from '../labeling';
import { classColor } from '../palette';
import type { ClassView, SampleId } from '../protocol';
import { store } from '../store';
import { thumbnails } from '../thumbnails';
import { count, fileName, percent } from '../words';
import { close, leaf, plus, undo } from './icons';
import { View } from './view';
import './large-picture';
import './sample-picture';

const NUM_KEYS = 9;
const NUM_UPCOMING = 5;
/** A key held down is one answer. */
const ANSWER_KEYS = /^([1-9snz]|enter|arrowright)$/i;

class LabelNext extends View {
  static override properties = { naming: { state: true }, said: { state: true } };
  /** The name of a new class is being typed. */
  declare naming: boolean;
  /** What was done last, for screen readers. */
  declare said: string;
  protected readonly watches = ['labeling', 'dataset', 'findings', 'studies', 'thumbnails'] as const;
  private sitting: Labeling | null = null;
  private shown: SampleId | null = null;
  private patience: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.naming = false;
    this.said = '';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.end();
  }

  protected override willUpdate(): void {
    const { labeling } = this.state;
    if (labeling && !this.sitting) this.begin();
    if (!labeling && this.sitting) this.end();
    this.sitting?.refresh();
  }

  protected override render() {
    const { sitting } = this;
    if (!sitting) return nothing;
    return html`
      <dialog class="labeling" aria-labelledby="labeling-title" data-drop="unsorted" data-testid="labeling" @close=${this.closed}>
        <div class="labeling-head">
          <h2 id="labeling-title">What is this?</h2>
          <p class="quiet digits" data-testid="labeling-progress">
            ${sitting.numLabeled} of ${sitting.numLabeled + sitting.numLeft} unsorted labeled</p>
          <button type="button" class="icon-button" title="Esc" @click=${this.shut}>${close}<span class="visually-hidden">Close</span></button>
        </div>
        <progress max=${sitting.numLabeled + sitting.numLeft} .value=${sitting.numLabeled} aria-hidden="true"></progress>
        ${sitting.current !== null ? this.question(sitting, sitting.current) : this.pause(sitting)}
        <p class="visually-hidden" role="status" data-testid="labeling-said">${this.said} ${this.announcement(sitting)}</p>
      </dialog>`;
  }

  protected override updated(): void {
    const dialog = this.querySelector('dialog');
    if (!dialog) return;
    const isNew = !dialog.open || this.shown !== this.sitting?.current;
    this.shown = this.sitting?.current ?? null;
    if (!dialog.open) dialog.showModal();
    // What had the focus may have gone, such as the field for a name.
    if (isNew || document.activeElement === document.body) this.focusStage();
  }

  private question(sitting: Labeling, current: SampleId) {
    const name = fileName(thumbnails.path(current));
    const guess = this.guess(sitting);
    // Without a class the only answer is a name.
    const naming = this.naming || this.state.dataset.classes.length === 0;
    return html`
      <figure class="labeling-stage" tabindex="-1" data-sample=${current}>
        <large-picture .sample=${current}></large-picture>
        <figcaption>
          <span class="path" data-testid="labeling-name">${name}</span>
          <span class="quiet" data-testid="labeling-why">${this.why(sitting)}</span>
        </figcaption>
      </figure>
      ${guess ? html`
        <button type="button" class="primary big" style=${`--class-color:${classColor(guess.view.color)}`} data-testid="accept-guess"
          @click=${() => this.label(guess.view)}>
          <span>Looks like <strong>${guess.view.name}</strong>, ${percent(guess.confidence)}</span><kbd>Enter</kbd></button>` : nothing}
      <div class="answers" role="group" aria-label="Classes">
        ${repeat(this.state.dataset.classes, ({ id }) => id, (view, index) => this.choice(view, index))}
        ${naming ? nothing : html`
          <button type="button" class="small" data-testid="label-new" @click=${this.startNaming}>${plus}<span>New class</span><kbd>N</kbd></button>`}
      </div>
      ${naming ? this.nameForm() : nothing}
      ${this.steps(sitting)}
      ${this.comingUp(sitting)}`;
  }

  private choice(view: ClassView, index: number) {
    return html`
      <button type="button" class="small" style=${`--class-color:${classColor(view.color)}`} data-name=${view.name}
        @click=${() => this.label(view)}>${leaf}<span>${view.name}</span>${index < NUM_KEYS ? html`<kbd>${index + 1}</kbd>` : nothing}</button>`;
  }

  private nameForm() {
    return html`
      <form class="naming" @submit=${this.named}>
        <label for="labeling-name">${this.state.dataset.classes.length === 0 ? 'There is no class yet. What is this?' : 'A new class for it:'}</label>
        <input id="labeling-name" autocomplete="off" spellcheck="false" required data-testid="label-new-name" />
        <button type="submit" class="small primary">Label</button>
      </form>`;
  }

  private steps(sitting: Labeling) {
    const { last } = sitting;
    return html`
      <div class="labeling-steps">
        <button type="button" class="link" data-testid="label-undo" ?disabled=${!last} @click=${this.undo}>
          ${undo}<span>${last ? `Back: ${last.label === null ? 'skipped' : `called “${last.label}”`}` : 'Back'}</span><kbd>Z</kbd></button>
        ${sitting.current === null ? nothing : html`
          <button type="button" class="link" data-testid="label-skip" @click=${this.skip}>
            <span>Skip</span><kbd>S</kbd><span class="visually-hidden">or right arrow</span></button>`}
      </div>`;
  }

  /** Decoration, but it has the next pictures decoded before they are asked about. */
  private comingUp(sitting: Labeling) {
    const next = sitting.upcoming(NUM_UPCOMING);
    if (next.length === 0) return nothing;
    return html`
      <div class="coming-up" aria-hidden="true">
        <span class="quiet">Next</span>
        ${repeat(next, (id) => id, (id) => html`<sample-picture .sample=${id}></sample-picture>`)}
      </div>`;
  }

  private pause(sitting: Labeling) {
    if (sitting.isWaiting) return html`<div class="labeling-pause"><p>Looking for the pictures that teach the most…</p></div>`;
    const { numSkipped, numLeft } = sitting;
    return html`
      <div class="labeling-pause" data-testid="labeling-done">
        <p class="headline">${numLeft === 0 ? 'Nothing is left to label.' : numSkipped > 0 ? `${count(numSkipped, 'picture')} left, skipped for now.`
          : 'The pictures left are still being read.'}</p>
        <div class="buttons">
          ${numSkipped > 0 ? html`
            <button type="button" data-testid="skipped-again" @click=${this.again}>Look at ${numSkipped === 1 ? 'it' : 'them'} again</button>` : nothing}
          <button type="button" class="primary" @click=${this.shut}>Done</button>
        </div>
      </div>
      ${this.steps(sitting)}`;
  }

  private why(sitting: Labeling): string {
    const study = this.state.studies.nextLabels;
    if (sitting.suggestion) {
      return this.state.findings.nextLabels?.representative ? 'Why this one: it stands for many others like it.'
        : 'Why this one: the model is least sure of pictures like this.';
    }
    if (study?.message) return `In the tray's order: ${study.message}`;
    return study?.running ? "In the tray's order, while the model looks for better ones." : "In the tray's order.";
  }

  private guess(sitting: Labeling): { view: ClassView; confidence: number } | null {
    const { suggestion } = sitting;
    const view = suggestion && this.state.dataset.classes.find(({ id }) => id === suggestion.guess);
    return view ? { view, confidence: suggestion.confidence } : null;
  }

  private announcement(sitting: Labeling): string {
    if (sitting.current === null) return sitting.isWaiting ? '' : 'No more pictures to label.';
    const guess = this.guess(sitting);
    const words = guess ? `, looks like ${guess.view.name}, ${percent(guess.confidence)}` : '';
    return `Next: ${fileName(thumbnails.path(sitting.current))}${words}.`;
  }

  private begin(): void {
    // Delete in here must not delete what is selected out there.
    app.select(new Set(), null);
    this.sitting = new Labeling();
    this.naming = false;
    this.said = '';
    document.addEventListener('keydown', this.pressed, { capture: true });
    this.patience = setTimeout(() => this.requestUpdate(), PATIENCE_MILLIS);
  }

  private end(): void {
    this.sitting = null;
    clearTimeout(this.patience);
    document.removeEventListener('keydown', this.pressed, { capture: true });
    if (store.state.studies.nextLabels?.running) app.stopStudy('nextLabels');
  }

  private readonly shut = () => this.querySelector('dialog')?.close();

  private readonly closed = () => {
    store.set({ labeling: false });
    // The button that opened it is gone with the last picture.
    if (document.activeElement === document.body) document.querySelector<HTMLElement>('unsorted-tray button')?.focus();
  };

  private label(view: ClassView): void {
    if (this.sitting?.label(view.id)) this.move(`Called ${view.name}.`);
  }

  private readonly skip = () => {
    this.sitting?.skip();
    this.move('Skipped.');
  };

  private readonly undo = () => {
    const undone = this.sitting?.undo();
    if (undone) this.move(undone.label === null ? 'Back to the skipped one.' : `No longer called ${undone.label}.`);
  };

  private readonly again = () => {
    this.sitting?.offerSkippedAgain();
    this.move('');
  };

  private move(said: string): void {
    this.said = said;
    this.naming = false;
    this.requestUpdate();
  }

  private readonly startNaming = async () => {
    this.naming = true;
    await this.updateComplete;
    this.querySelector<HTMLInputElement>('.naming input')?.focus();
  };

  private readonly named = (event: SubmitEvent) => {
    event.preventDefault();
    const input = this.querySelector<HTMLInputElement>('.naming input')!;
    const name = input.value.trim();
    if (!name) return;
    input.value = '';
    if (this.sitting?.labelAnew(name)) this.move(`Called ${name}.`);
  };

  /** Enter means the guess again after every answer, wherever the last one was given. */
  private focusStage(): void {
    const place = this.querySelector<HTMLElement>('.naming input') ?? this.querySelector<HTMLElement>('.labeling-stage')
      ?? this.querySelector<HTMLElement>('.labeling-pause button');
    place?.focus();
  }

  /** On the document, since a click on empty space leaves the focus nowhere. */
  private readonly pressed = (event: KeyboardEvent) => {
    if (!this.answers(event)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  private answers(event: KeyboardEvent): boolean {
    const { key, ctrlKey, metaKey, altKey, shiftKey } = event;
    const target = event.target as Element;
    if (target.matches('input')) return key === 'Escape' && this.stopNaming();
    if (altKey) return false;
    if (event.repeat && ANSWER_KEYS.test(key)) return true;
    if (ctrlKey || metaKey) {
      if (key.toLowerCase() === 'z' && !shiftKey) this.undo();
      // Redo would label behind the dialog's back.
      return /^[zy]$/i.test(key);
    }
    if (/^[1-9]$/.test(key)) return this.labelNumber(Number(key));
    switch (key.toLowerCase()) {
      case 'enter':
        return !target.closest('button') && this.accept();
      case 'escape':
        this.shut();
        return true;
      case 's':
      case 'arrowright':
        this.skip();
        return true;
      case 'z':
        this.undo();
        return true;
      case 'n':
        if (this.sitting?.current !== null) void this.startNaming();
        return true;
      default:
        return false;
    }
  }

  private stopNaming(): boolean {
    if (this.state.dataset.classes.length === 0) return false;
    this.naming = false;
    this.querySelector<HTMLElement>('.labeling-stage')?.focus();
    return true;
  }

  private labelNumber(number: number): boolean {
    const view = this.state.dataset.classes[number - 1];
    if (view) this.label(view);
    return view !== undefined;
  }

  private accept(): boolean {
    const guess = this.sitting && this.guess(this.sitting);
    if (guess) this.label(guess.view);
    return guess !== null;
  }
}

customElements.define('label-next', LabelNext);
