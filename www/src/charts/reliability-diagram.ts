// Bins of confidence in, the share right against it out.

import { svg } from 'lit';
import type { ReliabilityBin } from '../protocol';
import { chart, line, SHARES } from './axes';

export function reliabilityDiagram(bins: readonly ReliabilityBin[]) {
  const filled = bins.filter(({ accuracy }) => accuracy.total > 0);
  const total = filled.reduce((sum, { accuracy }) => sum + accuracy.total, 0);
  const plot = {
    width: 340,
    height: 320,
    x: { ...SHARES, title: 'how sure it is' },
    y: { ...SHARES, title: 'share right' },
  };
  return chart(plot, 'Share right against confidence; the table has the numbers', (at) => svg`
    <path class="diagonal" d=${line([[0, 0], [1, 1]], at)}></path>
    ${filled.map(({ confidence, accuracy: { hits, total: num, low, high } }) => svg`
      <path class="whisker" d=${line([[confidence ?? 0, low], [confidence ?? 0, high]], at)}></path>
      <circle class="point" cx=${at.x(confidence ?? 0)} cy=${at.y(hits / num)} r=${(3 + 6 * Math.sqrt(num / total)).toFixed(1)}></circle>`)}`);
}
