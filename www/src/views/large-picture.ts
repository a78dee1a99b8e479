// A sample in, its picture out: the thumbnail at once, the file itself over it if the browser can show that.

import { html, nothing } from 'lit';
import type { Source } from '../messages';
import type { SampleId } from '../protocol';
import { sources } from '../sources';
import { View } from './view';
import './sample-picture';

class LargePicture extends View {
  static override properties = { sample: { attribute: false } };
  declare sample: SampleId;
  protected readonly watches = [] as const;
  private shown: { sample: SampleId; address: string | null } | null = null;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.forget();
  }

  protected override willUpdate(): void {
    if (this.shown?.sample === this.sample) return;
    this.forget();
    const blob = blobOf(sources.of(this.sample)?.source);
    this.shown = { sample: this.sample, address: blob && URL.createObjectURL(blob) };
  }

  protected override render() {
    const address = this.shown?.address;
    // Until it has loaded, and if it can't be, what is below shows through.
    const loaded = (event: Event) => ((event.target as HTMLElement).hidden = event.type === 'error');
    return html`
      <sample-picture .sample=${this.sample}></sample-picture>
      ${address ? html`<img src=${address} alt="" decoding="async" hidden @load=${loaded} @error=${loaded} />` : nothing}`;
  }

  protected override updated(): void {
    const large = this.querySelector<HTMLImageElement>(':scope > img');
    if (large && !large.complete) large.hidden = true;
  }

  private forget(): void {
    if (this.shown?.address) URL.revokeObjectURL(this.shown.address);
    this.shown = null;
  }
}

/** What is in a zip would have to be unpacked first. */
function blobOf(source: Source | undefined): Blob | null {
  switch (source?.from) {
    case 'file':
      return source.file;
    case 'bytes':
      return new Blob([source.bytes as Uint8Array<ArrayBuffer>]);
    default:
      return null;
  }
}

customElements.define('large-picture', LargePicture);
