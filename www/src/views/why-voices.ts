// Which pictures of today's classes have to do with the answer: for it, against it, or just alike.

import { html, nothing } from 'lit';
import type { Voice } from '../protocol';
import { percent, signed } from '../words';
import { View } from './view';
import './thumb-grid';

class WhyVoices extends View {
  protected readonly watches = ['inquiry', 'model', 'dataset'] as const;

  protected override render() {
    const { inquiry, model } = this.state;
    if (!inquiry || inquiry.about === null || !model) return nothing;
    const { name } = model.classes[inquiry.about]!;
    return html`
      <section class="why-section" aria-labelledby="voices-title" data-testid="voices">
        <h3 id="voices-title">Which pictures made it say that?</h3>
        ${this.voices(name)}
      </section>`;
  }

  private voices(name: string) {
    const { explanation, waiting } = this.state.inquiry!;
    const voices = explanation?.voices;
    if (!voices) {
      return html`<p class="quiet" role="status" data-testid="no-voices">${waiting ? 'Asking them…'
        : `There are no pictures to ask: “${name}” is not among today's classes, or has too few.`}</p>`;
    }
    return html`
      <p class="quiet">By today's labels, and a quick head whose score is a sum over all pictures. Select some to move or delete
        them, or to ask why of one of them; a wrong label often speaks loudly.</p>
      ${this.row(`For “${name}”`, voices.supporting, ({ contribution }) => signed(contribution, 2), `No picture speaks for “${name}”.`)}
      ${this.row(`Against “${name}”`, voices.opposing, ({ contribution }) => signed(contribution, 2), `No picture speaks against “${name}”.`)}
      ${this.row('Most alike, whatever they say', voices.nearest, ({ cosine }) => `${percent(Math.max(0, cosine))} alike`, 'No picture is like it.')}`;
  }

  private row(title: string, all: Voice[], caption: (voice: Voice) => string, none: string) {
    const { classes } = this.state.dataset;
    const classOf = new Map(classes.flatMap(({ name, samples }) => samples.map((sample) => [sample, name] as const)));
    const voices = all.filter(({ sample }) => classOf.has(sample));
    return html`
      <div class="voices">
        <h4>${title}</h4>
        ${voices.length === 0 ? html`<p class="quiet">${none}</p>` : html`
          <thumb-grid .ids=${voices.map(({ sample }) => sample)} .within=${'voices'} .label=${title} captioned
            .captions=${new Map(voices.map((voice) => [voice.sample, `${caption(voice)}, ${classOf.get(voice.sample)!}`] as const))}></thumb-grid>`}
      </div>`;
  }
}

customElements.define('why-voices', WhyVoices);
