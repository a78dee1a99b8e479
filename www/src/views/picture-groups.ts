// Groups of pictures that are the same or nearly so in; shown group by group, and what to do about them.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { app } from '../app';
import { placement } from '../placement';
import type { SampleId } from '../protocol';
import { count } from '../words';
import { View } from './view';
import './thumb-grid';

/** Each group is a grid of its own. */
const FIRST_GROUPS = 24;
/** A cell and the gap after it, without and with words in it. */
const CELL_PIXELS = 70;
const CAPTIONED_PIXELS = 102;
const GAP_PIXELS = 6;

class PictureGroups extends View {
  static override properties = {
    groups: { attribute: false },
    acrossClasses: { type: Boolean, attribute: 'across-classes' },
    numShown: { state: true },
  };
  declare groups: readonly (readonly SampleId[])[];
  /** Then which one is kept is no matter of taste. */
  declare acrossClasses: boolean;
  declare numShown: number;
  protected readonly watches = ['dataset'] as const;

  constructor() {
    super();
    this.groups = [];
    this.acrossClasses = false;
    this.numShown = FIRST_GROUPS;
  }

  protected override render() {
    const { groups, numShown } = this;
    const numLeft = groups.length - numShown;
    return html`
      ${this.acrossClasses ? nothing : this.keepOneOfEach()}
      <ul class="picture-groups">
        ${repeat(groups.slice(0, numShown), ([first]) => first, (group) => this.group(group))}
      </ul>
      ${numLeft > 0 ? html`
        <button type="button" class="link" @click=${() => (this.numShown += FIRST_GROUPS)}>
          Show more of the other ${count(numLeft, 'group')}</button>` : nothing}`;
  }

  private keepOneOfEach() {
    const spare = this.groups.flatMap((group) => group.slice(1));
    return html`
      <button type="button" class="small" data-testid="keep-one" @click=${() => app.send({ type: 'deleteSamples', samples: spare })}>
        Keep one of each, delete ${count(spare.length, 'picture')}</button>`;
  }

  private group(group: readonly SampleId[]) {
    const names = this.namesOf(group);
    const different = [...new Set(names)];
    const captions = new Map(group.map((id, index) => [id, names[index]!] as const));
    const label = `${count(group.length, 'picture')}, ${different.join(', ')}`;
    const cell = this.acrossClasses ? CAPTIONED_PIXELS : CELL_PIXELS;
    return html`
      <li style=${`width:${group.length * cell - GAP_PIXELS}px`}>
        <thumb-grid .ids=${group} .within=${'health'} .captions=${captions} .label=${label} ?captioned=${this.acrossClasses}
          collapsible draggable-samples></thumb-grid>
        ${this.acrossClasses ? this.choices(group, names) : html`<span class="quiet">${different.join(' · ')}</span>`}
      </li>`;
  }

  /** One button a class: it keeps the first picture there and deletes the others. */
  private choices(group: readonly SampleId[], names: readonly string[]) {
    return [...new Set(names)].map((name) => {
      const kept = group[names.indexOf(name)]!;
      const samples = group.filter((id) => id !== kept);
      return html`
        <button type="button" class="small" data-testid="keep-in" @click=${() => app.send({ type: 'deleteSamples', samples })}>
          Keep the one in “${name}”</button>`;
    });
  }

  private namesOf(group: readonly SampleId[]): string[] {
    const { dataset } = this.state;
    const places = placement(dataset);
    return group.map((id) => dataset.classes.find((view) => view.id === places.get(id))?.name ?? 'Unsorted');
  }
}

customElements.define('picture-groups', PictureGroups);
