// Pictures without a class: kept, not learned from, waiting to be labeled.

import { html } from 'lit';
import { app } from '../app';
import { SAMPLES_TYPE } from '../drop';
import { store } from '../store';
import { plus, tray } from './icons';
import { pickButton } from './pick';
import { View } from './view';
import './thumb-grid';

class UnsortedTray extends View {
  static override properties = { inviting: { state: true } };
  declare inviting: boolean;
  protected readonly watches = ['dataset'] as const;

  constructor() {
    super();
    this.inviting = false;
    this.addEventListener('dragover', this.invite);
    this.addEventListener('dragleave', () => (this.inviting = false));
    this.addEventListener('drop', this.take);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.dataset.drop = 'unsorted';
  }

  protected override willUpdate(): void {
    this.classList.toggle('taking', this.inviting);
  }

  protected override render() {
    const { unsorted } = this.state.dataset;
    return html`
      <article aria-label="Unsorted pictures">
        <div class="class-head">
          ${tray}
          <h3>Unsorted</h3>
          <span class="class-count" data-testid="unsorted-count" title="pictures">${unsorted.length.toLocaleString('en-US')}</span>
          ${pickButton({
            label: html`<span class="visually-hidden">Add unsorted pictures</span>`, icon: plus, className: 'icon-button',
            testid: 'add-unsorted', onPick: (files) => void app.addFiles(files, { kind: 'unsorted' }),
          })}
        </div>
        ${unsorted.length > 0 ? this.pictures() : html`
          <p class="quiet slim">Pictures dropped here have no class yet: they are kept, and not learned from until you label them.</p>`}
      </article>`;
  }

  private pictures() {
    const { unsorted } = this.state.dataset;
    return html`
      <div class="tray-act">
        <button type="button" class="small" data-testid="label-these" @click=${() => store.set({ labeling: true })}>Label these</button>
        <span class="quiet">Kept, not learned from.</span>
      </div>
      <thumb-grid .ids=${unsorted} .within=${'unsorted'} .label=${'Unsorted pictures'} collapsible draggable-samples></thumb-grid>`;
  }

  private readonly invite = (event: DragEvent) => {
    if (!event.dataTransfer?.types.includes(SAMPLES_TYPE)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'move';
    this.inviting = true;
  };

  private readonly take = (event: DragEvent) => {
    this.inviting = false;
    if (!event.dataTransfer?.types.includes(SAMPLES_TYPE)) return;
    event.preventDefault();
    app.moveSelection(null);
  };
}

customElements.define('unsorted-tray', UnsortedTray);
