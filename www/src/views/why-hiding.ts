// What if a part of the picture were hidden? Asked on demand, for it takes about fifty looks.

import { html, nothing } from 'lit';
import { app } from '../app';
import { largest, placeOf } from '../heat';
import type { Occlusion } from '../protocol';
import { probability, signed } from '../words';
import { cellNumbers } from './cell-numbers';
import { View } from './view';
import './heat-picture';

/** Smaller changes would only paint noise. */
const MIN_CEILING = 0.1;

class WhyHiding extends View {
  static override properties = { strength: { type: Number } };
  declare strength: number;
  protected readonly watches = ['inquiry', 'model'] as const;

  protected override render() {
    const { inquiry, model } = this.state;
    if (!inquiry || inquiry.about === null || !model) return nothing;
    const { hiding, occlusion } = inquiry;
    const { name } = model.classes[inquiry.about]!;
    return html`
      <section class="why-section" aria-labelledby="hiding-title">
        <h3 id="hiding-title">What if a part were hidden?</h3>
        ${hiding !== null ? this.course(hiding)
          : occlusion ? this.outcome(inquiry.pixels!, occlusion, name)
          : html`
            <p class="quiet">The evidence above is the model's own account. This checks it: a gray patch is laid over each part in turn, and
              the model looks again.</p>
            <button type="button" class="small" data-testid="hide-parts" @click=${() => app.inquiries.hide()}>Hide parts and look again</button>`}
      </section>`;
  }

  private course(hiding: number) {
    return html`
      <div class="progress">
        <p><span role="status">Hiding one part after the other…</span>
          <button type="button" class="small" data-testid="stop-hiding" @click=${() => app.inquiries.stopHiding()}>Stop</button></p>
        <progress max="1" .value=${hiding} aria-label="Parts hidden so far"></progress>
      </div>`;
  }

  private outcome(pixels: Uint8Array, { side, probability: whole, hidden }: Occlusion, name: string) {
    const falls = hidden.map((left) => whole - left);
    const summary = summaryOf(whole, hidden, side, name);
    return html`
      <div class="why-parts">
        <heat-picture .pixels=${pixels} .values=${falls} side=${side} .ceiling=${Math.max(MIN_CEILING, largest(falls))}
          .strength=${this.strength} .label=${summary}></heat-picture>
        <div class="why-words">
          <p role="status" data-testid="hiding-summary">${summary}</p>
          <ul class="heat-key">
            <li><span class="swatch for"></span>hiding it makes “${name}” less likely</li>
            <li><span class="swatch against"></span>hiding it makes “${name}” more likely</li>
          </ul>
          ${cellNumbers(hidden, side, `How likely “${name}” is with a patch around each place hidden; ${probability(whole)} with none.`, probability)}
        </div>
      </div>`;
  }
}

function summaryOf(whole: number, hidden: readonly number[], side: number, name: string): string {
  const lowest = hidden.reduce((best, value, cell) => (value < hidden[best]! ? cell : best), 0);
  const highest = hidden.reduce((best, value, cell) => (value > hidden[best]! ? cell : best), 0);
  const points = (cell: number) => `${signed(100 * (hidden[cell]! - whole), 0)} points`;
  const start = `With nothing hidden, “${name}” gets ${probability(whole)}.`;
  const small = 0.02;
  if (whole - hidden[lowest]! < small && hidden[highest]! - whole < small) return `${start} No single part matters: hiding any changes next to nothing.`;
  const falls = whole - hidden[lowest]! < small ? ''
    : ` It leans most on what is ${placeOf(lowest, side)}: hiding that leaves ${probability(hidden[lowest]!)} (${points(lowest)}).`;
  const rises = hidden[highest]! - whole < small ? ''
    : ` Without what is ${placeOf(highest, side)} it would be surer: ${probability(hidden[highest]!)} (${points(highest)}).`;
  return start + falls + rises;
}

customElements.define('why-hiding', WhyHiding);
