// A confusion matrix of any size in, one small square for each of its cells that isn't empty out.

import { svg } from 'lit';

/** What cells are told in: how many, of the row's pictures, of the column's answers. */
export type Unit = 'count' | 'row' | 'column';

export interface Cell {
  truth: number;
  predicted: number;
}

/** The share of its row or column that a cell is; counts go by rows. */
export function sharesIn(confusion: readonly (readonly number[])[], unit: Unit): (cell: Cell) => number {
  const sums = unit === 'column'
    ? confusion.map((_, predicted) => confusion.reduce((sum, row) => sum + row[predicted]!, 0))
    : confusion.map((row) => row.reduce((sum, num) => sum + num, 0));
  return ({ truth, predicted }) => {
    const sum = sums[unit === 'column' ? predicted : truth]!;
    return sum === 0 ? 0 : confusion[truth]![predicted]! / sum;
  };
}

/** One unit a cell; rows are truths. */
export function compactMatrix(confusion: readonly (readonly number[])[], unit: Unit) {
  const share = sharesIn(confusion, unit);
  const size = confusion.length;
  return svg`
    <rect class="ground" width=${size} height=${size}></rect>
    <path class="diagonal" d=${`M0 0L${size} ${size}`}></path>
    ${confusion.flatMap((row, truth) => row.flatMap((num, predicted) => (num === 0 ? [] : [svg`
      <rect class=${truth === predicted ? 'right' : 'wrong'} x=${predicted} y=${truth} width="1" height="1"
        fill-opacity=${(0.4 + 0.6 * Math.sqrt(share({ truth, predicted }))).toFixed(2)}></rect>`])))}`;
}
