// A question's state in, its course out: how far it is, why it failed, whether its answer is outdated.

import { html, nothing } from 'lit';
import { app } from '../app';
import type { StudyKind } from '../protocol';
import { store } from '../store';

interface Asking {
  /** What is going on, as in "Cross-validating". */
  doing: string;
  again: () => void;
}

export function studyCourse(kind: StudyKind, { doing, again }: Asking) {
  const study = store.state.studies[kind];
  if (!study) return nothing;
  const { running, progress, message, outdated } = study;
  if (running) {
    return html`
      <div class="study-course" data-testid=${`${kind}-running`}>
        <p role="status">${doing}…</p>
        <progress max="1" .value=${progress} aria-label=${doing}></progress>
        <button type="button" class="small" @click=${() => app.stopStudy(kind)}>Stop</button>
      </div>`;
  }
  if (message !== null) return html`<p class="stale" role="status" data-testid=${`${kind}-message`}>${message}</p>`;
  if (!outdated || !store.state.findings[kind]) return nothing;
  return html`
    <p class="stale study-outdated" role="status" data-testid=${`${kind}-outdated`}>
      The pictures have changed since. <button type="button" class="link" @click=${again}>Look again</button>
    </p>`;
}

/** Whether there are classes to tell apart. */
export function isReady(): boolean {
  const { config, dataset } = store.state;
  return config !== null && dataset.missing.length === 0 && dataset.classes.length > 1;
}

/** A button that is pressed must not be disabled by it: it would lose the focus. */
export function mayStudy(kind: StudyKind): boolean {
  return isReady() && !store.state.studies[kind]?.running;
}
