// How evenly pictures are spread over the classes; a line of the health report if they are not.

import { html } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { classColor } from '../palette';
import type { Balance, ClassView } from '../protocol';
import { leaf } from './icons';

/** Below this the smallest class still gets its say. */
const UNEVEN_RATIO = 3;

export function isUneven({ smallest, largest }: Balance): boolean {
  return largest >= UNEVEN_RATIO * Math.max(1, smallest);
}

export function classBalance(classes: readonly ClassView[], { effectiveClasses }: Balance) {
  const bySize = [...classes].sort((a, b) => a.samples.length - b.samples.length);
  const largest = Math.max(1, bySize.at(-1)?.samples.length ?? 1);
  return html`
    <p class="quiet">
      Small classes are easily overlooked. Add pictures to them, or tick “Balance classes” in the settings.
      Guessing is as hard here as among ${effectiveClasses.toFixed(1)} classes of equal size, of ${classes.length}.
    </p>
    <table class="numbers sizes">
      <thead><tr><th scope="col">Class</th><th scope="col">Pictures</th><td></td></tr></thead>
      <tbody>
        ${repeat(bySize, ({ id }) => id, ({ name, color, samples }) => html`
          <tr style=${`--class-color:${classColor(color)}`}>
            <th scope="row">${leaf}<span class="row-name">${name}</span></th>
            <td>${samples.length.toLocaleString('en-US')}</td>
            <td aria-hidden="true"><span class="size-bar" style=${`width:${(100 * samples.length) / largest}%`}></span></td>
          </tr>`)}
      </tbody>
    </table>`;
}
