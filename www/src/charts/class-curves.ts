// Classes' reports in, ROC and precision-recall curves out: one class before the others, or their mean.

import { nothing, svg } from 'lit';
import type { ClassSummary } from '../protocol';
import { chart, line, type Places, SHARES } from './axes';

type Point = readonly [number, number];
type Curve = readonly Point[];

/** More lines behind the one that is meant are a gray area. */
const MAX_BEHIND = 30;
const NUM_STEPS = 50;

/** `chosen` is the index of a class; null draws the mean of all. */
export function rocChart(classes: readonly ClassSummary[], chosen: number | null, name: string) {
  const curves = classes.map(({ roc }) => roc);
  const front = chosen === null ? meanOf(curves, tprAt) : curves[chosen]!;
  const plot = {
    width: 340,
    height: 320,
    x: { ...SHARES, title: 'others taken for it (false positive rate)' },
    y: { ...SHARES, title: 'found (true positive rate)' },
  };
  return chart(plot, `ROC curve of ${name}; the table has the numbers`, (at) => svg`
    <path class="diagonal" d=${line([[0, 0], [1, 1]], at)}></path>
    ${behind(curves, (curve) => line(curve, at))}
    <path class="line" d=${line(front, at)}></path>`);
}

export function precisionRecallChart(classes: readonly ClassSummary[], chosen: number | null, name: string) {
  const curves = classes.map(({ precisionRecall }) => precisionRecall);
  const front = chosen === null ? meanOf(curves, precisionAt) : curves[chosen]!;
  const plot = {
    width: 340,
    height: 320,
    x: { ...SHARES, title: 'found (recall)' },
    y: { ...SHARES, title: 'of those called so, right (precision)' },
  };
  return chart(plot, `Precision-recall curve of ${name}; the table has the numbers`, (at) => svg`
    ${behind(curves, (curve) => steps(curve, at))}
    <path class="line" d=${steps(front, at)}></path>`);
}

function behind(curves: readonly Curve[], path: (curve: Curve) => string) {
  if (curves.length > MAX_BEHIND) return nothing;
  return curves.filter((curve) => curve.length > 0).map((curve) => svg`<path class="faint" d=${path(curve)}></path>`);
}

/** Between two recalls the precision is that of the higher one, as in its average. */
function steps(points: Curve, { x, y }: Places): string {
  const [first] = points;
  if (!first) return '';
  return `M${x(0)} ${y(first[1])}${points.map(([recall, precision]) => `V${y(precision)}H${x(recall)}`).join('')}`;
}

/** The mean height of the curves that there are, at evenly many places. */
function meanOf(curves: readonly Curve[], heightAt: (curve: Curve, x: number) => number): Curve {
  const drawn = curves.filter((curve) => curve.length > 0);
  if (drawn.length === 0) return [];
  return Array.from({ length: NUM_STEPS + 1 }, (_, step) => {
    const x = step / NUM_STEPS;
    return [x, drawn.reduce((sum, curve) => sum + heightAt(curve, x), 0) / drawn.length];
  });
}

function tprAt(curve: Curve, x: number): number {
  const after = curve.findIndex(([rate]) => rate > x);
  if (after < 0) return curve.at(-1)![1];
  const [to, from] = [curve[after]!, curve[after - 1] ?? [0, 0]];
  return from[1] + ((to[1] - from[1]) * (x - from[0])) / (to[0] - from[0]);
}

function precisionAt(curve: Curve, x: number): number {
  return (curve.find(([recall]) => recall >= x - 1e-9) ?? curve.at(-1)!)[1];
}
