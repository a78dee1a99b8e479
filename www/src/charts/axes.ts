// Two axes in, a frame with ticks and the places of numbers out. Sizes are CSS pixels at full width.

import { svg, type SVGTemplateResult } from 'lit';

const MARGIN = { left: 46, right: 20, top: 10, bottom: 42 };

export interface Axis {
  low: number;
  high: number;
  ticks: readonly number[];
  show: (tick: number) => string;
  title: string;
  /** Equal factors are equally far apart. */
  logarithmic?: boolean;
}

export interface Plot {
  width: number;
  height: number;
  x: Axis;
  y: Axis;
}

export interface Places {
  x: (value: number) => number;
  y: (value: number) => number;
}

/** Both axes from 0 to 100%. */
export const SHARES = { low: 0, high: 1, ticks: [0, 0.25, 0.5, 0.75, 1], show: (tick: number) => `${tick * 100}%` };

export function places({ width, height, x, y }: Plot): Places {
  const [across, up] = [width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom];
  return {
    x: (value) => tenth(MARGIN.left + across * along(x, value)),
    y: (value) => tenth(MARGIN.top + up * (1 - along(y, value))),
  };
}

/** A labeled drawing: `marks` lie over the grid. The numbers belong into a table behind it. */
export function chart(plot: Plot, label: string, marks: (at: Places) => unknown): SVGTemplateResult {
  const { width, height, x, y } = plot;
  const at = places(plot);
  const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
  return svg`
    <svg class="chart" viewBox=${`0 0 ${width} ${height}`} style=${`max-width:${width}px`} role="img" aria-label=${label}>
      <rect class="frame" x=${left} y=${top} width=${right - left} height=${bottom - top}></rect>
      ${y.ticks.map((tick) => svg`
        <path class="grid" d=${`M${left} ${at.y(tick)}H${right}`}></path>
        <text x=${left - 6} y=${at.y(tick) + 4} text-anchor="end">${y.show(tick)}</text>`)}
      ${x.ticks.map((tick) => svg`
        <path class="grid" d=${`M${at.x(tick)} ${top}V${bottom}`}></path>
        <text x=${at.x(tick)} y=${bottom + 16} text-anchor="middle">${x.show(tick)}</text>`)}
      <text x=${(left + right) / 2} y=${height - 6} text-anchor="middle">${x.title}</text>
      <text transform=${`translate(11 ${(top + bottom) / 2}) rotate(-90)`} text-anchor="middle">${y.title}</text>
      ${marks(at)}
    </svg>`;
}

/** Points in, the `d` of the line through them out. */
export function line(points: readonly (readonly [number, number])[], { x, y }: Places): string {
  return points.map(([a, b], index) => `${index === 0 ? 'M' : 'L'}${x(a)} ${y(b)}`).join('');
}

function along({ low, high, logarithmic }: Axis, value: number): number {
  if (high <= low) return 0.5;
  if (!logarithmic) return (value - low) / (high - low);
  return Math.log(value / low) / Math.log(high / low);
}

/** Finer isn't seen, and would only lengthen a report. */
const tenth = (value: number) => Math.round(value * 10) / 10;
