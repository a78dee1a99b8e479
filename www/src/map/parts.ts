// What stands beside the map: its legend, its story in words and numbers, the card of the picture under the pointer.

import { html, nothing, svg } from 'lit';
import type { SampleId, SampleMap } from '../protocol';
import '../views/sample-picture';
import { count, fileName, percent } from '../words';
import type { Mingling } from './mingling';
import { DOUBTED, type Known, type LegendEntry, type Look, PLAIN } from './portrayal';

const CARD_PIXELS = 176;
/** With two lines of words, about. */
const CARD_HEIGHT_PIXELS = 196;
const GAP_PIXELS = 14;

/** Of a point on the map, whose size is the other two, in CSS pixels. */
export interface Spot {
  left: number;
  top: number;
  width: number;
  height: number;
}

type Pick = (samples: SampleId[]) => void;

/** Each line selects what it counts. */
export function legend(entries: LegendEntry[], pick: Pick) {
  return html`
    <ul class="map-legend" aria-label="What the marks mean" data-testid="map-legend">
      ${entries.map(({ name, look, ring, samples }) => html`
        <li><button type="button" class="link" data-name=${name} title=${`Select: ${name}`} @click=${() => pick(samples)}>
          ${swatch(look, ring)}<span>${name}</span> <span class="digits quiet">${samples.length.toLocaleString('en-US')}</span></button></li>`)}
    </ul>`;
}

/** For whoever doesn't see the map, and for whoever wants numbers. */
export function inWords({ samples }: SampleMap, mingling: Mingling[], { dataset }: Known, pick: Pick) {
  if (mingling.length === 0) return nothing;
  const total = mingling.reduce((sum, row) => sum + row.total, 0);
  const same = mingling.reduce((sum, row) => sum + row.same, 0);
  const most = mingling.reduce((a, b) => (b.samples.length > a.samples.length ? b : a));
  const name = (index: number) => dataset.classes[index]!.name;
  return html`
    <p data-testid="map-summary">
      ${count(samples.length, 'picture')} are on the map. For <strong>${percent(same / total)}</strong> of those with a class, the most
      similar other picture is of the same class.${most.with === null ? nothing
        : html` The most frequent exception: ${count(most.samples.length, 'picture')} of ${name(most.of)} like ${name(most.with)}.`}
    </p>
    <details class="behind">
      <summary>The numbers</summary>
      <div class="table-scroll">
        <table class="numbers" data-testid="map-numbers">
          <caption>Choose a number to select its pictures.</caption>
          <thead><tr>${['Class', 'Pictures', 'Most similar: same class', 'Else most often'].map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
          <tbody>${mingling.map((row) => html`
            <tr><th scope="row">${name(row.of)}</th><td>${row.total}</td><td>${percent(row.same / row.total)}</td>
              <td>${row.with === null ? '–' : html`${name(row.with)} <button type="button" class="link" @click=${() => pick(row.samples)}
                aria-label=${`Select ${row.samples.length} of ${name(row.of)} that look like ${name(row.with)}`}>${row.samples.length}</button>`}</td></tr>`)}</tbody>
        </table>
      </div>
    </details>`;
}

/** Beside the point, on the side where there is room. */
export function hoverCard(id: SampleId, path: string, words: string, selected: boolean, { left, top, width, height }: Spot) {
  const onLeft = left + GAP_PIXELS + CARD_PIXELS > width;
  const x = onLeft ? Math.max(0, left - GAP_PIXELS - CARD_PIXELS) : left + GAP_PIXELS;
  const y = Math.max(0, Math.min(top, height - CARD_HEIGHT_PIXELS));
  return html`
    <div class="map-card" role="status" style=${`width:${CARD_PIXELS}px;left:${x.toFixed(0)}px;top:${y.toFixed(0)}px`}
      data-testid="map-card">
      <sample-picture .sample=${id}></sample-picture>
      <p><strong title=${path}>${fileName(path)}</strong></p>
      <p>${words}${selected ? html` <span class="quiet">(selected)</span>` : nothing}</p>
    </div>`;
}

function swatch({ shape, color, hollow }: Look, ring: number) {
  const corners = shape.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(' ');
  return html`
    <svg class="swatch" viewBox="-2 -2 4 4" aria-hidden="true">
      ${ring === PLAIN
        ? svg`<polygon points=${corners} style=${hollow ? `fill:none;stroke-width:0.5;stroke:${color}` : `fill:${color}`}></polygon>`
        : svg`<circle r="1.5" class=${ring === DOUBTED ? 'doubted' : 'wrong'}></circle>`}
    </svg>`;
}
