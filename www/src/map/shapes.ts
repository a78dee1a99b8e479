// A class's color index in, its mark out: what tells classes apart on the map without color.

/** Corners round the origin, all within a distance of about 1, of about the same area. */
export type Shape = readonly (readonly [number, number])[];

const regular = (corners: number, turn = 0, radius = 1): Shape =>
  Array.from({ length: corners }, (_, corner) => {
    const angle = 2 * Math.PI * (corner / corners + turn) - Math.PI / 2;
    return [radius * Math.cos(angle), radius * Math.sin(angle)] as const;
  });
const turned = (shape: Shape, turn: number): Shape => {
  const [cos, sin] = [Math.cos(2 * Math.PI * turn), Math.sin(2 * Math.PI * turn)];
  return shape.map(([x, y]) => [x * cos - y * sin, x * sin + y * cos] as const);
};

const THIN = 0.38;
const plus: Shape = [
  [-THIN, -1.1], [THIN, -1.1], [THIN, -THIN], [1.1, -THIN], [1.1, THIN], [THIN, THIN],
  [THIN, 1.1], [-THIN, 1.1], [-THIN, THIN], [-1.1, THIN], [-1.1, -THIN], [-THIN, -THIN],
];
const hourglass: Shape = [[-0.95, -1], [0.95, -1], [0.25, 0], [0.95, 1], [-0.95, 1], [-0.25, 0]];

export const circle = regular(24, 0, 0.95);
const SHAPES: readonly Shape[] = [
  circle, regular(4, 1 / 8, 1.2), regular(3, 0, 1.3), plus, regular(4, 0, 1.25), regular(3, 1 / 2, 1.3), turned(plus, 1 / 8), hourglass,
];

/** With twelve named colors, 24 classes have a mark of their own. */
export function shapeOf(color: number): Shape {
  return SHAPES[color % SHAPES.length]!;
}

/** Whether a place is inside a polygon, by the parity of the edges to its right. */
export function contains(polygon: Shape, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 1; i < polygon.length; j = i++) {
    const [x1, y1] = polygon[i]!;
    const [x2, y2] = polygon[j]!;
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}
