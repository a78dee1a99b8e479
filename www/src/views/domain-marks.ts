// Pictures of another kind than those learned from: which they are, by folder.

import { html, nothing } from 'lit';
import { app } from '../app';
import { domainFolders, type DomainFolder } from '../domains';
import { count } from '../words';
import { View } from './view';

class DomainMarks extends View {
  protected readonly watches = ['dataset'] as const;

  protected override render() {
    const { dataset } = this.state;
    const target = new Set(dataset.target);
    const numLabeled = dataset.classes.reduce((sum, { samples }) => sum + samples.filter((id) => target.has(id)).length, 0);
    return html`
      <details class="domains" data-testid="domains">
        <summary>Will it be used on pictures of another kind?</summary>
        <div class="domains-body">
          <p>Photos instead of drawings, another camera, another light: add examples, with or without a class, and mark them as <em>target</em>.
            Some ways to learn adapt to them. Target pictures that have a class aren't learned from: they tell how good the model is there.</p>
          ${domainFolders(dataset).map((folder) => mark(folder, target))}
          <p class="quiet" role="status" data-testid="domain-count">${target.size === 0
            ? 'All pictures are of one kind. Single pictures can be marked when they are selected.'
            : `${count(target.size, 'target picture')}, ${numLabeled.toLocaleString('en-US')} of them with a class.`}</p>
          ${target.size === 0 ? nothing : html`
            <button type="button" class="small" data-testid="one-domain" @click=${() => app.markTarget(dataset.target, false)}>All are of one kind</button>`}
        </div>
      </details>`;
  }
}

function mark({ name, samples }: DomainFolder, target: ReadonlySet<number>) {
  const num = samples.filter((id) => target.has(id)).length;
  return html`
    <label class="check"><input type="checkbox" data-domain-folder=${name} .checked=${num === samples.length}
      .indeterminate=${num > 0 && num < samples.length}
      @change=${(event: Event) => app.markTarget(samples, (event.target as HTMLInputElement).checked)}>
      <span>${name}</span> <span class="quiet digits">${count(samples.length, 'picture')}</span></label>`;
}

customElements.define('domain-marks', DomainMarks);
