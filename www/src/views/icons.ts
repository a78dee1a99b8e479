// The few drawings of the page. All are decoration: the words beside them carry the meaning.

import { html, svg, type SVGTemplateResult } from 'lit';

const stroke = (paths: SVGTemplateResult) => html`
  <svg class="icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6"
    stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${paths}</svg>`;

export const logo = html`
  <svg class="logo" viewBox="0 0 32 32" fill="none" stroke-linecap="round" aria-hidden="true">
    <path stroke="currentColor" stroke-width="2.6" d="M16 30V20.500M16 16.500V11" />
    <path stroke="currentColor" stroke-width="1.8" d="M12.5 20.5 19.5 16.5" />
    <path fill="currentColor" d="M15 13C8.5 13 4.5 9.5 4.5 3.5 11 3.5 15 7 15 13Z" />
    <path class="scion" d="M17 11c0-5 3.5-8.5 10.5-8.500C27.5 8.5 24 11 17 11Z" />
  </svg>`;

/** A class is a leaf in its color. */
export const leaf = html`
  <svg class="leaf" viewBox="0 0 16 16" aria-hidden="true">
    <path fill="currentColor" d="M2 14C1.5 6 6 1.5 14.5 1.5 15 9.5 10.5 14 4.6 12.800L3.2 14.800Z" />
  </svg>`;

export const lock = stroke(svg`<rect x="4" y="9" width="12" height="8" rx="1.5" /><path d="M6.5 9V6.500a3.5 3.5 0 0 1 7 0V9" />`);
export const chip = stroke(svg`<rect x="5" y="5" width="10" height="10" rx="1.5" /><path d="M8 2.500V5m4-2.500V5M8 15v2.500m4-2.500v2.500M2.5 8H5m-2.5 4H5m10-4h2.500M15 12h2.5" />`);
export const plus = stroke(svg`<path d="M10 4v12M4 10h12" />`);
export const folder = stroke(svg`<path d="M2.5 15.500v-11h5l2 2h8v9Z" />`);
export const picture = stroke(svg`<rect x="2.5" y="3.5" width="15" height="13" rx="1.5" /><path d="m3 14 4-4 3.5 3.500L13 11l4 4" /><circle cx="13" cy="7.5" r="1.2" />`);
export const camera = stroke(svg`<rect x="2.5" y="6" width="15" height="10.5" rx="1.5" /><path d="M7 6l1.2-2.500h3.600L13 6" /><circle cx="10" cy="11" r="2.8" />`);
export const more = stroke(svg`<path d="M4.5 10h.01M10 10h.01M15.5 10h.01" stroke-width="2.6" />`);
export const undo = stroke(svg`<path d="M7 4 3.5 7.5 7 11M4 7.500h7.500a4.5 4.5 0 0 1 0 9H8" />`);
export const redo = stroke(svg`<path d="m13 4 3.5 3.500L13 11M16 7.500H8.500a4.5 4.5 0 0 0 0 9H12" />`);
export const close = stroke(svg`<path d="m5 5 10 10M15 5 5 15" />`);
export const download = stroke(svg`<path d="M10 3v9m-4-3.5 4 4 4-4M3.5 16.500h13" />`);
export const check = stroke(svg`<path d="m4 10.500 4 4 8-9" />`);
export const tray = stroke(svg`<path d="M3 11.500 5 4h10l2 7.500V16H3ZM3 11.500h4l1 2h4l1-2h4" />`);
export const warning = stroke(svg`<path d="M10 3 2.5 16.500h15ZM10 8.500v3.500m0 2.300v.01" />`);

/** The idea in one picture: a young branch with colored leaves set on a grown stem. */
export const grafting = html`
  <svg class="grafting" viewBox="0 0 260 220" fill="none" stroke-linecap="round" aria-hidden="true">
    <g stroke="currentColor" stroke-width="3" opacity="0.35">
      <path d="M130 214V140" stroke-width="9" />
      <path d="M130 214c-14-2-30-4-48 2M130 214c14-2 30-4 48 2" />
    </g>
    <path d="m119 146 22-13" stroke="currentColor" stroke-width="3" />
    <path d="m119 155 22-13" stroke="currentColor" stroke-width="2" opacity="0.5" />
    <g stroke="currentColor" stroke-width="4">
      <path d="M130 130C130 96 126 70 132 34" />
      <path d="M129 108C112 98 98 92 78 92M130 84c16-10 30-16 52-18M130 60C118 48 108 42 92 38" stroke-width="3" />
    </g>
    <g>
      <path style="fill:var(--class-1)" d="M78 92C58 102 40 94 32 76 52 66 72 74 78 92Z" />
      <path style="fill:var(--class-0)" d="M182 66c14-20 36-22 50-10-10 20-34 26-50 10Z" />
      <path style="fill:var(--class-5)" d="M92 38C72 40 60 28 60 10 80 8 94 20 92 38Z" />
      <path style="fill:var(--class-2)" d="M132 34c-8-16 0-30 16-34 8 16 0 30-16 34Z" />
      <path style="fill:var(--class-3)" d="M112 100c-16 10-16 26-8 36 14-6 18-22 8-36Z" opacity="0.9" />
      <path style="fill:var(--class-4)" d="M158 72c2 18 16 26 32 22 0-18-16-26-32-22Z" opacity="0.9" />
    </g>
  </svg>`;
