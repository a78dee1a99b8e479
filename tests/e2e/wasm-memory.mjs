// A wasm module in, the same with a limit to its memory out: so it runs out of memory without filling ours.

const MEMORY_SECTION = 5;

/** `pages` of 64 KiB, at least as many as it begins with. */
export function withMemoryLimit(wasm, pages) {
  let at = 8;
  while (at < wasm.length) {
    const id = wasm[at];
    const size = readLeb(wasm, at + 1);
    const start = at + 1 + size.length;
    if (id === MEMORY_SECTION) {
      // One memory: a count, a flag for whether there is a limit, and where it begins.
      const least = readLeb(wasm, start + 2);
      const section = [1, 1, ...leb(least.value), ...leb(pages)];
      return Buffer.concat([wasm.subarray(0, at), Buffer.from([id, ...leb(section.length), ...section]), wasm.subarray(start + size.value)]);
    }
    at = start + size.value;
  }
  throw new Error('this module has no memory of its own');
}

function readLeb(bytes, at) {
  let value = 0, length = 0, byte;
  do {
    byte = bytes[at + length];
    value |= (byte & 0x7f) << (7 * length++);
  } while (byte & 0x80);
  return { value, length };
}

function leb(value) {
  const bytes = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}
