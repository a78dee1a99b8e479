// A small menu behind a button: a <details> that closes on Escape, on a choice and on a click elsewhere.

import { html, type TemplateResult } from 'lit';

interface MenuOptions {
  label: string | TemplateResult;
  icon: TemplateResult;
  items: unknown;
}

export function menu({ label, icon, items }: MenuOptions) {
  return html`
    <details class="menu" @toggle=${watchOutside} @keydown=${closeOnEscape}>
      <summary class="icon-button">${icon}${label}</summary>
      <div class="menu-items" @click=${closeOnChoice}>${items}</div>
    </details>`;
}

export function closeMenu(inside: Element): void {
  inside.closest('details')?.removeAttribute('open');
}

function closeOnChoice(event: Event): void {
  if ((event.target as Element).closest('button')) closeMenu(event.currentTarget as Element);
}

function closeOnEscape(event: KeyboardEvent): void {
  if (event.key !== 'Escape') return;
  const details = event.currentTarget as HTMLDetailsElement;
  details.open = false;
  details.querySelector('summary')?.focus();
}

function watchOutside(event: Event): void {
  const details = event.currentTarget as HTMLDetailsElement;
  if (!details.open) return;
  const close = (click: Event) => {
    if (details.contains(click.target as Node)) return;
    details.open = false;
  };
  const stop = () => {
    if (details.open) return;
    document.removeEventListener('pointerdown', close);
    details.removeEventListener('toggle', stop);
  };
  document.addEventListener('pointerdown', close);
  details.addEventListener('toggle', stop);
}
