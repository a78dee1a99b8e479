// This browser in, the fastest wasm variant it can run out.

export type Simd = 'none' | 'simd128' | 'relaxed';

/** Wraps one function body, `() -> v128`, in the smallest valid module. */
function moduleWith(...body: number[]): Uint8Array<ArrayBuffer> {
  const code = [0, ...body, 0x0b];
  return new Uint8Array([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    1, 5, 1, 0x60, 0, 1, 0x7b,
    3, 2, 1, 0,
    10, code.length + 2, 1, code.length, ...code,
  ]);
}

const ZERO = [0x41, 0, 0xfd, 0x0f]; // i32.const 0, i8x16.splat
const FUSED_MULTIPLY_ADD = [0xfd, 0x85, 0x02]; // f32x4.relaxed_madd

export function detectSimd(): Simd {
  if (!WebAssembly.validate(moduleWith(...ZERO))) return 'none';
  const relaxed = moduleWith(...ZERO, ...ZERO, ...ZERO, ...FUSED_MULTIPLY_ADD);
  return WebAssembly.validate(relaxed) ? 'relaxed' : 'simd128';
}

/** Beyond eight the memory costs more than the cores bring. */
const MAX_EXTRACTORS = 8;

/** One worker a core, or as many as `?workers=` in the address says. */
export function numExtractors(search: string): number {
  const asked = Number(new URLSearchParams(search).get('workers'));
  const wanted = Number.isInteger(asked) && asked > 0 ? asked : navigator.hardwareConcurrency || 1;
  return Math.min(MAX_EXTRACTORS, wanted);
}
