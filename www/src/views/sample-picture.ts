// A sample in, its thumbnail out; decoration, the words beside it say what it is.

import { html, nothing } from 'lit';
import type { SampleId } from '../protocol';
import { thumbnails } from '../thumbnails';
import { View } from './view';

class SamplePicture extends View {
  static override properties = { sample: { attribute: false } };
  declare sample: SampleId;
  protected readonly watches = ['thumbnails'] as const;
  private shown: { sample: SampleId; address: string } | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.forget();
  }

  protected override render() {
    if (this.shown && this.shown.sample !== this.sample) this.forget();
    const blob = this.shown ? null : thumbnails.blob(this.sample);
    if (blob) this.shown = { sample: this.sample, address: URL.createObjectURL(blob) };
    return this.shown ? html`<img src=${this.shown.address} alt="" draggable="false" decoding="async" />` : nothing;
  }

  private forget(): void {
    if (this.shown) URL.revokeObjectURL(this.shown.address);
    this.shown = null;
  }
}

customElements.define('sample-picture', SamplePicture);
