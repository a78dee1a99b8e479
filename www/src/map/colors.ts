// CSS colors in, the pixels they are on this page out. Nothing is read back from a canvas: some browsers blur that.

import type { Rgb } from './sprites';

/** Variables and `light-dark()` mean what they mean where the element is. */
export function resolveColors(host: HTMLElement, colors: readonly string[]): Rgb[] {
  const probe = document.createElement('span');
  probe.hidden = true;
  host.append(probe);
  const resolved = colors.map((color) => {
    // Whatever it was given in, it comes out as `color(srgb r g b)`.
    probe.style.color = `color-mix(in srgb, ${color}, ${color})`;
    return parse(getComputedStyle(probe).color);
  });
  probe.remove();
  return resolved;
}

function parse(computed: string): Rgb {
  const shares = computed.match(/-?[\d.]+(e-?\d+)?/g) ?? [];
  const [red = 0, green = 0, blue = 0] = shares.map((share) => Math.round(255 * Math.min(1, Math.max(0, Number(share)))));
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}

export function cssOf(rgb: Rgb): string {
  return `rgb(${rgb & 255} ${(rgb >> 8) & 255} ${(rgb >> 16) & 255})`;
}
