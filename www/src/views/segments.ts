// A few choices of which one holds, side by side: radio buttons that look like one bar.

import { html } from 'lit';

interface Segments<Value extends string> {
  /** Of the group of radio buttons; no two alike in the document. */
  name: string;
  legend: string;
  options: readonly (readonly [Value, string])[];
  chosen: Value;
  choose: (value: Value) => void;
  disabled?: (value: Value) => boolean;
}

export function segments<Value extends string>({ name, legend, options, chosen, choose, disabled }: Segments<Value>) {
  return html`
    <fieldset class="segments" data-testid=${name}>
      <legend class="visually-hidden">${legend}</legend>
      ${options.map(([value, label]) => html`
        <label><input type="radio" name=${name} value=${value} .checked=${chosen === value} ?disabled=${disabled?.(value) ?? false}
          @change=${() => choose(value)} /><span>${label}</span></label>`)}
    </fieldset>`;
}
