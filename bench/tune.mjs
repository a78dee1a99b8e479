// How long a step of fine-tuning takes in WebAssembly on one core, and its longest slice.
//
//   cargo build --release --target wasm32-unknown-unknown --no-default-features --features extractor --example bench_tune
//   node bench/tune.mjs target/wasm32-unknown-unknown/release/examples/bench_tune.wasm
//
// with the RUSTFLAGS that build.sh calls ORDERED, and RELAXED if wanted. Times are CPU milliseconds,
// of which a busy machine takes no share; the least and the median of ten epochs of 16 images.
import { readFileSync } from 'node:fs';

const module = await WebAssembly.compile(readFileSync(process.argv[2]));
// wasm-bindgen's imports, which nothing here calls.
const imports = {};
for (const { module: from, name } of WebAssembly.Module.imports(module)) {
  (imports[from] ??= {})[name] = () => 0;
}
const { exports: wasm } = await WebAssembly.instantiate(module, imports);
const weights = readFileSync(new URL('../www/public/weights/efficientnet-lite0.safetensors', import.meta.url));
const bytes = wasm.reserve(weights.length);
new Uint8Array(wasm.memory.buffer).set(weights, bytes);

const cpuMillis = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

const [IMAGES, BATCH, EPOCHS] = [16, 4, 10];
for (const blocks of process.argv[3] ? [Number(process.argv[3])] : [0, 1, 3, 5, 6]) {
  const tuning = wasm.tuning(bytes, weights.length, blocks, BATCH);
  wasm.step(tuning); // epoch 0, nothing to validate
  const [epochs, slices] = [[], []];
  for (let epoch = 0; epoch < EPOCHS + 2; epoch++) {
    const start = cpuMillis();
    let [before, done] = [start, 0];
    while (!done) {
      done = wasm.step(tuning);
      const now = cpuMillis();
      if (epoch > 1) slices.push(now - before);
      before = now;
    }
    if (epoch > 1) epochs.push((before - start) / (IMAGES / BATCH));
  }
  const sorted = (values) => values.sort((a, b) => a - b);
  const [least, median] = [sorted(epochs)[0], epochs[EPOCHS / 2]];
  const longest = sorted(slices)[Math.floor(slices.length * 0.95)];
  console.log(
    `${blocks} blocks + top, batch ${BATCH}: ${least.toFixed(1)} ms a step at best, ${median.toFixed(1)} in the median;`,
    `95 % of slices within ${longest.toFixed(1)}; ${(wasm.memory.buffer.byteLength / 2 ** 20).toFixed(0)} MB so far`,
  );
}
