// Runs a test binary built for wasm32-wasip1: cargo's runner for the kernels' tests.
import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { WASI } from 'node:wasi';

// Node 20 has relaxed SIMD behind a flag.
if (process.version.startsWith('v20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

// Compiled all at once: Node 20 crashes with some modules when functions are compiled as they are called.
setFlagsFromString('--no-wasm-lazy-compilation');

const [file, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: 'preview1', args: [file, ...args], returnOnExit: true });
const { instance } = await WebAssembly.instantiate(await readFile(file), wasi.getImportObject());
process.exit(wasi.start(instance));
