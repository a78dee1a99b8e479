// What the network sees, square RGB, in; drawn as it is, with a heat overlay on it.

import { html, nothing, type PropertyValues } from 'lit';
import { View } from './view';
import './heat-overlay';

class HeatPicture extends View {
  static override properties = {
    pixels: { attribute: false },
    values: { attribute: false },
    side: { type: Number },
    ceiling: { attribute: false },
    strength: { type: Number },
    label: { attribute: false },
  };
  declare pixels: Uint8Array | null;
  /** None: the picture alone. */
  declare values: readonly number[] | null;
  declare side: number;
  declare ceiling: number | undefined;
  /** How opaque the overlay is, in [0, 1]. */
  declare strength: number;
  declare label: string;
  protected readonly watches = [] as const;

  constructor() {
    super();
    this.pixels = null;
    this.values = null;
    this.strength = 1;
    this.label = '';
  }

  /** The square's side, in pixels. */
  private get size(): number {
    return Math.sqrt((this.pixels?.length ?? 0) / 3);
  }

  protected override render() {
    return html`
      <div class="heat-picture" role="img" aria-label=${this.label}>
        <canvas width=${this.size} height=${this.size}></canvas>
        ${this.values ? html`
          <heat-overlay .values=${this.values} side=${this.side} .ceiling=${this.ceiling} style=${`opacity:${this.strength}`}></heat-overlay>`
          : nothing}
      </div>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has('pixels') || !this.pixels) return;
    const image = new ImageData(this.size, this.size);
    for (let pixel = 0; pixel < this.size ** 2; pixel++) {
      image.data.set(this.pixels.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
      image.data[4 * pixel + 3] = 255;
    }
    this.querySelector('canvas')!.getContext('2d')!.putImageData(image, 0, 0);
  }
}

customElements.define('heat-picture', HeatPicture);
