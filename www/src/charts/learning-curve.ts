// Accuracies at growing numbers of pictures in, points with error bars and the curve through them out.

import { nothing, svg } from 'lit';
import type { LearningCurveView } from '../protocol';
import { type Axis, chart, line } from './axes';

export function learningCurveChart({ points, fitted }: LearningCurveView) {
  const nums = [...points, ...fitted].map(({ numImages }) => numImages);
  const lows = [...points.map(({ accuracy }) => accuracy.low), ...fitted.map(({ accuracy }) => accuracy.low)];
  const most = points.at(-1)?.numImages ?? 1;
  const plot = { width: 440, height: 300, x: images(Math.min(...nums), Math.max(...nums)), y: accuracies(Math.min(...lows)) };
  return chart(plot, 'Accuracy against the number of pictures a class; the table has the numbers', (at) => {
    const high = fitted.map(({ numImages, accuracy }) => [numImages, accuracy.high] as const);
    const low = fitted.map(({ numImages, accuracy }) => [numImages, accuracy.low] as const).reverse();
    const value = fitted.map(({ numImages, accuracy }) => [numImages, accuracy.value] as const);
    const beyond = Math.max(1, value.filter(([num]) => num <= most).length);
    return svg`
      ${fitted.length === 0 ? nothing : svg`
        <path class="band" d=${`${line([...high, ...low], at)}Z`}></path>
        <path class="line" d=${line(value.slice(0, beyond), at)}></path>
        <path class="line outlook" d=${line(value.slice(beyond - 1), at)}></path>`}
      <path class="now" d=${`M${at.x(most)} ${at.y(plot.y.low)}V${at.y(1)}`}></path>
      <text class="now-label" x=${at.x(most) - 5} y=${at.y(plot.y.low) - 6} text-anchor="end">now</text>
      ${points.map(({ numImages, accuracy: { hits, total, low: least, high: best } }) => svg`
        <path class="whisker" d=${line([[numImages, least], [numImages, best]], at)}></path>
        <circle class="point" cx=${at.x(numImages)} cy=${at.y(hits / total)} r="4"></circle>`)}`;
  });
}

/** Each doubling is equally wide. */
function images(fewest: number, most: number): Axis {
  const [low, high] = [fewest / 1.15, most * 1.15];
  const ticks: number[] = [];
  for (let decade = 0.1; decade <= most * 10; decade *= 10) {
    for (const digit of [1, 2, 5]) ticks.push(Number((digit * decade).toPrecision(1)));
  }
  return {
    low,
    high,
    ticks: ticks.filter((tick) => tick >= Math.max(1, low) && tick <= high),
    show: (tick) => tick.toLocaleString('en-US'),
    title: 'pictures a class to learn from',
    logarithmic: true,
  };
}

function accuracies(least: number): Axis {
  const low = Math.max(0, Math.floor(least * 10 - 1e-9) / 10);
  const step = 1 - low > 0.5 ? 0.2 : 0.1;
  const ticks: number[] = [];
  for (let tick = 1; tick >= low - 1e-9; tick -= step) ticks.push(tick);
  return { low, high: 1, ticks, show: (tick) => `${Math.round(tick * 100)}%`, title: 'named right' };
}
