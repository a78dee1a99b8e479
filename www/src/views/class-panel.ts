// The left column: classes and what is being added to them.

import { html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { app } from '../app';
import type { ClassId, ClassOrder } from '../protocol';
import { count } from '../words';
import { folder, picture, plus, redo, undo } from './icons';
import { pickButton } from './pick';
import { View } from './view';
import type { ClassCard } from './class-card';
import './class-card';
import './domain-marks';
import './import-progress';
import './problem-list';
import './unsorted-tray';

class ClassPanel extends View {
  protected readonly watches = ['dataset'] as const;
  /** The classes there were when one more was asked for; that one opens with its name to be typed. */
  private known: Set<ClassId> | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    // The thumbnails' grids draw only what shows inside it.
    this.dataset.scroller = '';
  }

  protected override render() {
    const { classes, unsorted } = this.state.dataset;
    const numImages = classes.reduce((sum, { samples }) => sum + samples.length, 0);
    return html`
      <div class="panel-head">
        <h2>Classes</h2>
        <p class="quiet" data-testid="dataset-count">
          ${count(classes.length, 'class', 'classes')}, ${count(numImages, 'picture')}${unsorted.length > 0 ? `, ${unsorted.length.toLocaleString('en-US')} unsorted` : nothing}
        </p>
      </div>
      <div class="toolbar">
        ${pickButton({
          label: 'Folder', icon: folder, folder: true, className: 'small', testid: 'add-folder',
          onPick: (files) => void app.addFiles(files),
        })}
        ${pickButton({
          label: 'Pictures', icon: picture, className: 'small', testid: 'add-files',
          onPick: (files) => void app.addFiles(files),
        })}
        <button type="button" class="small" data-testid="new-class" @click=${this.addClass}>${plus}<span>New class</span></button>
      </div>
      <div class="history">${this.history()}${classes.length > 1 ? this.sorting() : nothing}</div>
      <import-progress></import-progress>
      <problem-list></problem-list>
      ${classes.length === 0 && unsorted.length === 0 ? html`<p class="quiet empty">Drop folders or pictures anywhere on this page.</p>` : nothing}
      <div class="class-list" data-testid="classes">
        ${repeat(classes, ({ id }) => id, (view) => html`<class-card .view=${view} data-class-id=${view.id}></class-card>`)}
        ${classes.length > 0 || unsorted.length > 0 ? html`<unsorted-tray></unsorted-tray>` : nothing}
        ${classes.length > 0 ? html`<domain-marks></domain-marks>` : nothing}
      </div>`;
  }

  protected override updated(): void {
    const added = this.known && this.state.dataset.classes.find(({ id }) => !this.known!.has(id));
    if (!added) return;
    this.known = null;
    this.querySelector<ClassCard>(`class-card[data-class-id="${added.id}"]`)?.startNaming();
  }

  private sorting() {
    const sort = (by: ClassOrder) => () => app.send({ type: 'sortClasses', by });
    return html`
      <span class="sorting">Sort by
        <button type="button" class="link" @click=${sort('name')}>name</button> or
        <button type="button" class="link" @click=${sort('size')}>size</button>
      </span>`;
  }

  private history() {
    const { undo: undoes, redo: redoes } = this.state.dataset;
    return html`
      ${undoes ? html`
        <button type="button" class="link" data-testid="undo" title="Ctrl+Z" @click=${() => app.send({ type: 'undo' })}>
          ${undo}<span>Undo: ${undoes}</span></button>` : nothing}
      ${redoes ? html`
        <button type="button" class="link" data-testid="redo" title="Ctrl+Shift+Z" @click=${() => app.send({ type: 'redo' })}>
          ${redo}<span>Redo: ${redoes}</span></button>` : nothing}`;
  }

  private readonly addClass = () => {
    this.known = new Set(this.state.dataset.classes.map(({ id }) => id));
    app.send({ type: 'addClass', name: 'New class' });
  };
}

customElements.define('class-panel', ClassPanel);
