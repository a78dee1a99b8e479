// A class's color index in, a CSS color out.

/** As many as styles/tokens.css defines, for light and for dark. */
const NUM_NAMED = 12;
/** Golden angle: each further hue falls into the widest gap left. */
const GOLDEN_DEGREES = 137.508;

export function classColor(index: number): string {
  if (index < NUM_NAMED) return `var(--class-${index})`;
  const hue = ((index - NUM_NAMED) * GOLDEN_DEGREES + 40) % 360;
  // Alternating lightness tells neighbors in hue apart.
  const lightness = index % 2 === 0 ? 'var(--class-lightness)' : 'calc(var(--class-lightness) - 0.12)';
  return `oklch(${lightness} 0.13 ${hue.toFixed(1)})`;
}
