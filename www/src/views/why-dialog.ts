// Why the model says what it says of one picture: where, what if that were hidden, and which pictures taught it.

import { html, nothing, type PropertyValues } from 'lit';
import { app } from '../app';
import { center, largest } from '../heat';
import { classColor } from '../palette';
import type { Explanation } from '../protocol';
import type { Inquiry } from '../store';
import { fileName, percent, probability, signed } from '../words';
import { cellNumbers } from './cell-numbers';
import { close, leaf } from './icons';
import { View } from './view';
import './heat-picture';
import './selection-bar';
import './why-hiding';
import './why-voices';

class WhyDialog extends View {
  static override properties = { strength: { state: true } };
  /** How opaque the overlays are, in percent. */
  declare strength: number;
  protected readonly watches = ['inquiry', 'model'] as const;

  constructor() {
    super();
    this.strength = 80;
  }

  private get dialog(): HTMLDialogElement {
    return this.querySelector('dialog')!;
  }

  protected override render() {
    const { inquiry, model } = this.state;
    return html`
      <dialog class="why" aria-labelledby="why-title" data-testid="why"
        @close=${() => app.inquiries.close()} @click=${this.clicked}>
        ${inquiry && model ? this.content(inquiry) : nothing}
      </dialog>`;
  }

  protected override updated(_changed: PropertyValues): void {
    const { inquiry } = this.state;
    if (inquiry && !this.dialog.open) this.dialog.showModal();
    if (!inquiry && this.dialog.open) this.dialog.close();
  }

  /** Beside the dialog is its backdrop, which is the dialog to the browser. */
  private readonly clicked = (event: MouseEvent) => {
    if (event.target === this.dialog) this.dialog.close();
  };

  private content(inquiry: Inquiry) {
    const { explanation, about, pixels, trouble, waiting } = inquiry;
    return html`
      <div class="why-content">
        <header class="panel-head">
          <h2 id="why-title" tabindex="-1" autofocus>Why this answer?</h2>
          <button type="button" class="icon-button" aria-label="Close" data-testid="close-why" @click=${() => this.dialog.close()}>${close}</button>
          <p class="quiet why-name">${fileName(inquiry.name)}</p>
        </header>
        ${trouble ? html`<p class="trouble" role="alert" data-testid="why-trouble">${trouble}</p>` : nothing}
        ${pixels && explanation && about !== null ? this.answer(inquiry, explanation, about)
          : waiting ? html`<p class="quiet" role="status">Looking…</p>` : nothing}
      </div>
      <selection-bar></selection-bar>`;
  }

  private answer({ pixels }: Inquiry, explanation: Explanation, about: number) {
    const { heat, side } = explanation;
    const values = heat[about]!;
    const { name } = this.state.model!.classes[about]!;
    const summary = summaryOf(values, side, name);
    return html`
      <div class="why-parts">
        <heat-picture .pixels=${pixels} .values=${values} side=${side} .strength=${this.strength / 100}
          .label=${`The picture as the network sees it. ${summary}`}></heat-picture>
        <div class="why-words">
          ${this.classes(explanation, about)}
          <p role="status" data-testid="why-summary">${summary}</p>
          <ul class="heat-key">
            <li><span class="swatch for"></span>speaks for “${name}”; the line is around the strongest</li>
            <li><span class="swatch against"></span>speaks against it; hatched where strongest</li>
          </ul>
          <label class="why-strength">Overlay
            <input type="range" min="0" max="100" .value=${String(this.strength)} aria-valuetext=${`${this.strength}%`}
              data-testid="why-strength" @input=${(event: Event) => (this.strength = Number((event.target as HTMLInputElement).value))}>
          </label>
          ${cellNumbers(values, side, `What each part of the picture adds to the score of “${name}”, in hundredths. A score
            is what probabilities are made of: all parts and a constant of the class add up to it (with a perceptron only nearly).`,
            (value) => signed(100 * value, largest(values) < 0.1 ? 1 : 0))}
        </div>
      </div>
      <why-hiding .strength=${this.strength / 100}></why-hiding>
      <why-voices></why-voices>`;
  }

  private classes({ probabilities }: Explanation, about: number) {
    const { classes } = this.state.model!;
    const ranked = classes.map((modelClass, index) => ({ ...modelClass, index })).sort((a, b) => probabilities[b.index]! - probabilities[a.index]!);
    const { name, color } = classes[about]!;
    return html`
      <p class="verdict" style=${`--class-color:${classColor(color)}`} data-testid="why-verdict">
        ${leaf}<strong>${name}</strong> <span class="digits">${probability(probabilities[about]!)}</span>
      </p>
      <label class="why-class">What speaks for
        <select data-testid="why-class" @change=${(event: Event) => app.inquiries.choose(Number((event.target as HTMLSelectElement).value))}>
          ${ranked.map(({ index, name: option }) => html`
            <option value=${index} .selected=${index === about}>${option}, ${probability(probabilities[index]!)}</option>`)}
        </select>
      </label>`;
  }
}

function summaryOf(values: readonly number[], side: number, name: string): string {
  const sum = (part: readonly number[]) => part.reduce((a, b) => a + b, 0);
  const speaksFor = center(values, side);
  if (!speaksFor) return `Nothing in the picture speaks for “${name}”.`;
  const most = speaksFor.share > 0.5 ? 'Most of the evidence' : 'The largest part of the evidence';
  const all = `All that speaks for it adds ${signed(sum(values.filter((value) => value > 0)))} to its score`;
  const against = center(values.map((value) => -value), side);
  const rest = against
    ? `, all that speaks against it, mostly ${against.place}, ${signed(sum(values.filter((value) => value < 0)))}`
    : '; nothing speaks against it';
  return `${most} for “${name}” is ${speaksFor.place} (${percent(speaksFor.share)}). ${all}${rest}.`;
}

customElements.define('why-dialog', WhyDialog);
