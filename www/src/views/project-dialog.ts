// The project: its name, whether it is saved and where; the other projects; taking one along.

import { html, nothing, type PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { app } from '../app';
import type { ProjectEntry } from '../project/messages';
import { count, storageSize } from '../words';
import { close, download, plus } from './icons';
import { pickButton } from './pick';
import { View } from './view';

class ProjectDialog extends View {
  static override properties = { withPictures: { state: true }, doomed: { state: true } };
  declare withPictures: boolean;
  /** The project that a second click deletes. */
  declare doomed: string | null;
  protected readonly watches = ['project'] as const;

  constructor() {
    super();
    this.withPictures = true;
    this.doomed = null;
  }

  private get dialog(): HTMLDialogElement {
    return this.querySelector('dialog')!;
  }

  protected override render() {
    const { project } = this.state;
    return html`
      <dialog class="project" aria-labelledby="project-title" data-testid="project-dialog"
        @close=${() => app.showProjects(false)} @click=${this.clicked}>
        ${project.shown ? this.content() : nothing}
      </dialog>`;
  }

  protected override updated(_changed: PropertyValues): void {
    const { shown } = this.state.project;
    if (shown && !this.dialog.open) this.dialog.showModal();
    if (!shown && this.dialog.open) this.dialog.close();
  }

  /** Beside the dialog is its backdrop, which is the dialog to the browser. */
  private readonly clicked = (event: MouseEvent) => {
    if (event.target === this.dialog) this.dialog.close();
  };

  private content() {
    const { project } = this.state;
    return html`
      <div class="project-content">
        <header class="panel-head">
          <h2 id="project-title">Project</h2>
          <button type="button" class="icon-button" aria-label="Close" @click=${() => this.dialog.close()}>${close}</button>
        </header>
        ${project.trouble ? html`<p class="stale" role="alert" data-testid="project-trouble">${project.trouble}</p>` : nothing}
        ${project.saving === 'elsewhere' ? this.elsewhere() : nothing}
        ${project.saving === 'off' ? nothing : html`${this.naming()}${this.takingAlong()}${this.others()}${this.storage()}`}
      </div>`;
  }

  private elsewhere() {
    return html`
      <p class="stale">This project is open in another tab, which saves it. What you change here is not kept.</p>
      <button type="button" class="primary" data-testid="take-over" @click=${() => app.saver.takeOver()}>Go on with it here</button>`;
  }

  private naming() {
    const { id, name, keepPictures, projects } = this.state.project;
    const kept = projects?.find((entry) => entry.id === id)?.pictureBytes ?? 0;
    return html`
      <label class="project-naming">Name
        <input type="text" maxlength="80" data-testid="project-name" .value=${name}
          @change=${(event: Event) => void app.saver.rename(id, (event.target as HTMLInputElement).value.trim())}></label>
      <p class="quiet">Classes, small pictures, what the network made of them, the model and undo are saved as you go.</p>
      <label class="check"><input type="checkbox" data-testid="keep-pictures" .checked=${keepPictures}
        @change=${(event: Event) => app.keepPictures((event.target as HTMLInputElement).checked)}>
        Keep the pictures too: needed after a reload to look into one of them and to fine-tune${kept > 0 ? ` (${storageSize(kept)} so far)` : nothing}</label>`;
  }

  private takingAlong() {
    const { packing } = this.state.project;
    return html`
      <div class="buttons">
        <button type="button" data-testid="save-project" ?disabled=${packing} @click=${() => void app.saveProjectFile(this.withPictures)}>
          ${download}<span>${packing ? 'Working…' : 'Download the project'}</span></button>
        <label class="check"><input type="checkbox" data-testid="pack-pictures" .checked=${this.withPictures}
          @change=${(event: Event) => (this.withPictures = (event.target as HTMLInputElement).checked)}> with the pictures that are kept</label>
      </div>
      <p class="quiet">The <code>.graft</code> file opens on any computer: drop it on this page. It stays the project it was here.</p>`;
  }

  private others() {
    const { projects, id } = this.state.project;
    return html`
      <h3>All projects</h3>
      <ul class="project-list" data-testid="projects">
        ${repeat(projects ?? [], (entry) => entry.id, (entry) => this.entry(entry, entry.id === id))}
      </ul>
      <div class="buttons">
        <button type="button" data-testid="new-project" @click=${() => void app.saver.leaveFor()}>${plus}<span>New project</span></button>
        ${pickButton({
          label: 'Open a project file', icon: plus, testid: 'open-project',
          onPick: ([first]) => first && void app.openProjectFile(first.file),
        })}
      </div>`;
  }

  private entry({ id, name, changed, numPictures, bytes }: ProjectEntry, isCurrent: boolean) {
    const title = name || 'Unnamed project';
    const when = changed > 0 ? new Date(changed).toLocaleString('en-US', { dateStyle: 'medium', timeStyle: 'short' }) : 'some time ago';
    return html`
      <li data-name=${title} aria-current=${isCurrent ? 'true' : nothing}>
        <span class="project-entry"><strong>${title}</strong>
          <span class="quiet">${count(numPictures, 'picture')}, ${storageSize(bytes)}, ${when}</span></span>
        ${isCurrent ? html`<span class="quiet">open</span>` : html`
          <button type="button" class="link" data-testid="open-other" @click=${() => void app.saver.leaveFor(id)}>Open</button>`}
        <button type="button" class="link" data-testid="delete-project" @click=${() => this.discard(id)}>
          ${this.doomed === id ? 'Delete it for good' : 'Delete'}</button>
      </li>`;
  }

  private storage() {
    const { storage } = this.state.project;
    if (!storage) return nothing;
    const { used, quota, persisted } = storage;
    return html`
      <p class="quiet" data-testid="storage">${storageSize(used)} of the ${storageSize(quota)} that this browser grants are used.
        ${persisted ? 'It has promised to keep them.' : html`It may clear them when the disk runs full.
          <button type="button" class="link" data-testid="persist" @click=${() => void app.persist()}>Ask it to keep them</button>`}</p>`;
  }

  private discard(id: string): void {
    if (this.doomed !== id) {
      this.doomed = id;
      return;
    }
    this.doomed = null;
    void app.removeProject(id);
  }
}

customElements.define('project-dialog', ProjectDialog);
