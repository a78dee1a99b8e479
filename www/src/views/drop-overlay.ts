// While files are dragged over the page: what letting go here will do. Pastes go the same ways.

import { html, nothing } from 'lit';
import { app } from '../app';
import { filesFromDrop, filesFromPaste, hasFiles } from '../drop';
import type { Destination } from '../protocol';
import { View } from './view';

type Target =
  | { kind: 'page' }
  | { kind: 'try' }
  | { kind: 'unsorted' }
  | { kind: 'class'; id: number; name: string };

/** `dragover` repeats every 350 ms or so; longer silence is a drag that was given up elsewhere. */
const SILENCE_MILLIS = 1500;

class DropOverlay extends View {
  static override properties = { target: { state: true } };
  declare target: Target | null;
  protected readonly watches = [] as const;
  private highlighted: Element | null = null;
  private stillThere: ReturnType<typeof setTimeout> | undefined;
  /** Where a paste goes when nothing has the focus. */
  private underPointer: Element | null = null;

  constructor() {
    super();
    this.target = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('dragover', this.over);
    document.addEventListener('dragleave', this.leave);
    document.addEventListener('drop', this.drop);
    document.addEventListener('paste', this.paste);
    document.addEventListener('pointerover', (event) => (this.underPointer = event.target as Element), { passive: true });
  }

  protected override render() {
    if (!this.target) return nothing;
    return html`
      <div class="overlay ${this.target.kind}" data-testid="overlay">
        <p role="status">${this.words()}</p>
      </div>`;
  }

  private words(): string {
    switch (this.target?.kind) {
      case 'class':
        return `Let go to add these to “${this.target.name}”`;
      case 'unsorted':
        return 'Let go to add these as unsorted: kept, not learned from until labeled';
      case 'try':
        return this.state.model ? 'Let go to ask the model about these pictures' : 'Train a model first; then ask it here';
      default:
        return 'Let go to add these: each folder becomes a class';
    }
  }

  private readonly over = (event: DragEvent) => {
    if (!hasFiles(event.dataTransfer)) return;
    // Without this the browser would leave the page and open the file.
    event.preventDefault();
    event.dataTransfer!.dropEffect = 'copy';
    clearTimeout(this.stillThere);
    this.stillThere = setTimeout(() => this.point(null, null), SILENCE_MILLIS);
    const place = placeOf(event.target as Element);
    if (this.highlighted !== place || !this.target) this.point(place, targetOf(place));
  };

  private readonly leave = (event: DragEvent) => {
    if (!event.relatedTarget) this.point(null, null);
  };

  private readonly drop = (event: DragEvent) => {
    if (!hasFiles(event.dataTransfer)) return;
    event.preventDefault();
    const target = targetOf(placeOf(event.target as Element));
    this.point(null, null);
    this.send(filesFromDrop(event.dataTransfer!, (problem) => app.report(problem)), target);
  };

  private readonly paste = (event: ClipboardEvent) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    const focused = document.activeElement === document.body ? null : document.activeElement;
    const place = placeOf(focused) ?? placeOf(this.underPointer);
    this.send(Promise.resolve(filesFromPaste(event.clipboardData)), targetOf(place));
  };

  private send(files: ReturnType<typeof filesFromDrop>, target: Target): void {
    if (target.kind === 'try') void app.classify(files);
    else void app.addFiles(files, destinationOf(target));
  }

  private point(place: Element | null, target: Target | null): void {
    this.highlighted?.classList.remove('inviting');
    place?.classList.add('inviting');
    this.highlighted = place;
    this.target = target;
    if (!target) clearTimeout(this.stillThere);
  }
}

function destinationOf(target: Target): Destination {
  switch (target.kind) {
    case 'class':
      return { kind: 'class', class: target.id };
    case 'unsorted':
      return { kind: 'unsorted' };
    default:
      return { kind: 'folder' };
  }
}

/** The nearest thing that takes drops; `null` is the page. */
function placeOf(element: Element | null): HTMLElement | null {
  return element?.closest<HTMLElement>('[data-drop="class"], [data-drop="unsorted"], [data-drop="try"]') ?? null;
}

function targetOf(place: HTMLElement | null): Target {
  switch (place?.dataset.drop) {
    case 'class':
      return { kind: 'class', id: Number(place.dataset.classId), name: place.dataset.className ?? '' };
    case 'try':
    case 'unsorted':
      return { kind: place.dataset.drop };
    default:
      return { kind: 'page' };
  }
}

customElements.define('drop-overlay', DropOverlay);
