// A grid of cells that speak for or against something in; an overlay to lay on a picture, and words, out.

/** Pixels a side of the overlay: twice the cells' detail would do, but lines should look smooth. */
export const OVERLAY_SIZE = 336;
const FOR = [224, 16, 84] as const;
const AGAINST = [28, 92, 214] as const;
/** Of full color; what lies below still shows. */
const MAX_ALPHA = 190;
/** Beyond this share of full color a line is drawn around what speaks for, hatching on what speaks against. */
const STRONG = 0.5;
const HATCH_PIXELS = 10;
const LINE_PIXELS = 2;

/** RGBA, row by row; `ceiling` is the value of full color. */
export function paintHeat(values: readonly number[], side: number, ceiling = largest(values)): Uint8ClampedArray<ArrayBuffer> {
  const shares = enlarge(values, side, OVERLAY_SIZE, 1 / (ceiling || 1));
  const marks = marksOf(shares, OVERLAY_SIZE);
  const rgba = new Uint8ClampedArray(4 * shares.length);
  for (let pixel = 0, at = 0; pixel < shares.length; pixel++, at += 4) {
    const share = shares[pixel]!;
    const mark = marks[pixel]!;
    const [red, green, blue] = mark === IN_WHITE ? WHITE : mark === IN_BLACK ? BLACK : share > 0 ? FOR : AGAINST;
    rgba[at] = red;
    rgba[at + 1] = green;
    rgba[at + 2] = blue;
    rgba[at + 3] = mark !== PLAIN ? MARK_ALPHA : MAX_ALPHA * Math.min(1, Math.abs(share));
  }
  return rgba;
}

const PLAIN = 0;
const IN_WHITE = 1;
const IN_BLACK = 2;
const WHITE = [255, 255, 255] as const;
const BLACK = [0, 0, 0] as const;
const MARK_ALPHA = 200;

/** White beside black shows on any picture and needs no color. */
function marksOf(shares: Float32Array, size: number): Uint8Array {
  const marks = new Uint8Array(shares.length);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = y * size + x;
      const share = shares[at]!;
      if (share <= -STRONG) {
        const stripe = (x + y) % HATCH_PIXELS;
        if (stripe < 2 * LINE_PIXELS) marks[at] = stripe < LINE_PIXELS ? IN_WHITE : IN_BLACK;
        continue;
      }
      const inside = share >= STRONG;
      const isOther = (ofX: number, ofY: number) =>
        (ofX >= 0 && ofY >= 0 && ofX < size && ofY < size && shares[ofY * size + ofX]! >= STRONG) !== inside;
      const isEdge = isOther(x + LINE_PIXELS, y) || isOther(x - LINE_PIXELS, y) || isOther(x, y + LINE_PIXELS) || isOther(x, y - LINE_PIXELS);
      if (isEdge) marks[at] = inside ? IN_WHITE : IN_BLACK;
    }
  }
  return marks;
}

/** Bilinear between the cells' centers, level beyond the outermost; times `scale`. */
function enlarge(values: readonly number[], side: number, size: number, scale: number): Float32Array {
  const places = Array.from({ length: size }, (_, pixel) => {
    const place = Math.min(side - 1, Math.max(0, ((pixel + 0.5) / size) * side - 0.5));
    const cell = Math.min(side - 2, Math.floor(place));
    return { cell, share: place - cell };
  });
  const enlarged = new Float32Array(size * size);
  for (let y = 0; y < size; y++) {
    const row = places[y]!;
    for (let x = 0; x < size; x++) {
      const column = places[x]!;
      const at = row.cell * side + column.cell;
      const above = values[at]! * (1 - column.share) + values[at + 1]! * column.share;
      const below = values[at + side]! * (1 - column.share) + values[at + side + 1]! * column.share;
      enlarged[y * size + x] = scale * (above * (1 - row.share) + below * row.share);
    }
  }
  return enlarged;
}

export function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}

const REGIONS = [
  'in the top left', 'at the top', 'in the top right',
  'on the left', 'in the middle', 'on the right',
  'in the bottom left', 'at the bottom', 'in the bottom right',
];

/** Where a cell is, in words. */
export function placeOf(cell: number, side: number): string {
  const third = (index: number) => Math.floor(((index + 0.5) / side) * 3);
  return REGIONS[3 * third(Math.floor(cell / side)) + third(cell % side)]!;
}

/** Where most of what is positive is, and its share of all that is; null if nothing is. */
export function center(values: readonly number[], side: number): { place: string; share: number } | null {
  const sums = new Map<string, number>();
  let total = 0;
  values.forEach((value, cell) => {
    if (value <= 0) return;
    total += value;
    const place = placeOf(cell, side);
    sums.set(place, (sums.get(place) ?? 0) + value);
  });
  if (total === 0) return null;
  const [place, sum] = [...sums].reduce((a, b) => (b[1] > a[1] ? b : a));
  return { place, share: sum / total };
}
