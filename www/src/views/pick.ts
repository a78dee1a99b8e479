// Buttons that open the browser's file and folder pickers.

import { html, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import { filesFromInput, type PickedFile } from '../drop';

interface PickOptions {
  label: string | TemplateResult;
  onPick(files: PickedFile[]): void;
  icon?: TemplateResult;
  folder?: boolean;
  multiple?: boolean;
  className?: string;
  testid?: string;
  disabled?: boolean;
}

/** The input itself stays hidden, so that the button looks and is focused like any other. */
export function pickButton({
  label, onPick, icon, folder = false, multiple = true, className = '', testid = '', disabled = false,
}: PickOptions) {
  const open = (event: MouseEvent) => ((event.currentTarget as HTMLElement).nextElementSibling as HTMLInputElement).click();
  const picked = (event: Event) => {
    const input = event.currentTarget as HTMLInputElement;
    onPick(filesFromInput(input));
    // The same choice again is a new choice.
    input.value = '';
  };
  return html`
    <button type="button" class=${className} ?disabled=${disabled} @click=${open}>${icon}<span>${label}</span></button>
    <input type="file" hidden ?multiple=${multiple} data-testid=${testid} @change=${picked}
      ${ref((input) => input?.toggleAttribute('webkitdirectory', folder))}
    />`;
}
