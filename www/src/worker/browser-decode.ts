// Formats Rust can't read (AVIF, HEIC, …) in, RGBA out, if this browser can read them unaltered.

import type { Problem } from '../protocol';

interface Pixels {
  width: number;
  height: number;
  rgba: Uint8Array;
}

/** `problem` is what to say when the browser can't read it either. */
export async function browserPixels(bytes: Uint8Array, problem: Problem): Promise<Pixels> {
  if (!canvasTellsTheTruth()) {
    throw {
      file: problem.file,
      trouble: 'this browser blurs what pages read from pictures, to protect you from tracking',
      remedy: 'Save it as JPEG or PNG, which Graft reads by itself, or let this page read canvases.',
    } satisfies Problem;
  }
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), { premultiplyAlpha: 'none' });
  } catch {
    throw problem;
  }
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw problem;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  return { width, height, rgba: new Uint8Array(data.buffer) };
}

let verdict: boolean | undefined;

/** Anti-fingerprinting browsers add noise on reading back; a model trained on it learns nothing. */
export function canvasTellsTheTruth(): boolean {
  return (verdict ??= readsBackWhatWasDrawn());
}

function readsBackWhatWasDrawn(): boolean {
  const size = 16;
  const context = new OffscreenCanvas(size, size).getContext('2d', { willReadFrequently: true });
  if (!context) return false;
  context.fillStyle = 'rgb(200, 100, 50)';
  context.fillRect(0, 0, size, size);
  const { data } = context.getImageData(0, 0, size, size);
  const drawn = [200, 100, 50, 255];
  return data.every((value, index) => value === drawn[index % 4]);
}
