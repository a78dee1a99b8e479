// A grid of cells in; drawn over the square that it is about, readable without its colors.

import { html, type PropertyValues } from 'lit';
import { OVERLAY_SIZE, paintHeat } from '../heat';
import { View } from './view';

class HeatOverlay extends View {
  static override properties = { values: { attribute: false }, side: { type: Number }, ceiling: { attribute: false } };
  /** `[side × side]`, row by row: above 0 speaks for, below 0 against. */
  declare values: readonly number[];
  declare side: number;
  /** The value of full color; the largest if not given. */
  declare ceiling: number | undefined;
  protected readonly watches = [] as const;

  protected override render() {
    return html`<canvas width=${OVERLAY_SIZE} height=${OVERLAY_SIZE} aria-hidden="true"></canvas>`;
  }

  protected override updated(_changed: PropertyValues): void {
    const context = this.querySelector('canvas')!.getContext('2d')!;
    const rgba = paintHeat(this.values, this.side, this.ceiling);
    context.putImageData(new ImageData(rgba, OVERLAY_SIZE), 0, 0);
  }
}

customElements.define('heat-overlay', HeatOverlay);
