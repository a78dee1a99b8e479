// How long a step of fine-tuning takes in WebAssembly on one core, and its longest slice.
//
//   cargo build --release --target wasm32-unknown-unknown --no-default-features --features extractor --example bench_tune
//   node bench/tune.mjs target/wasm32-unknown-unknown/release/examples/bench_tune.wasm
//
// with the RUSTFLAGS that build.sh calls ORDERED, and RELAXED if wanted. Times are CPU milliseconds,
// of which a busy machine takes no share; the least and the median of ten epochs of 16 images.
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';

// Node 20 has relaxed SIMD behind a flag.
if (process.version.startsWith('v20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

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

const sorted = (values) => values.toSorted((a, b) => a - b);
const at = (values, share) => sorted(values)[Math.floor((values.length - 1) * share)];
const timed = (work) => {
  const start = cpuMillis();
  const result = work();
  return [cpuMillis() - start, result];
};

const [IMAGES, BATCH, EPOCHS, VIEWS] = [16, 4, 10, 6];
for (const blocks of process.argv[3] ? [Number(process.argv[3])] : [0, 1, 3, 5, 6]) {
  const run = wasm.prepare(bytes, weights.length, blocks, VIEWS);
  const views = [];
  for (let image = 0; image < IMAGES; image++) {
    wasm.image(run);
    let [millis, more] = timed(() => wasm.view(run)); // the image itself
    while (more) {
      [millis, more] = timed(() => wasm.view(run));
      views.push(millis);
    }
  }
  const tuning = wasm.tuning(run, BATCH);
  wasm.step(tuning); // epoch 0, nothing to validate
  const [epochs, slices] = [[], []];
  for (let epoch = 0; epoch < EPOCHS + 2; epoch++) {
    const [millis] = timed(() => {
      for (let done = 0; !done; ) {
        const [slice, result] = timed(() => wasm.step(tuning));
        if (epoch > 1) slices.push(slice);
        done = result;
      }
    });
    if (epoch > 1) epochs.push(millis / (IMAGES / BATCH));
  }
  console.log(
    `${blocks} blocks + top, batch ${BATCH}: ${at(epochs, 0).toFixed(1)} ms a step at best, ${at(epochs, 0.5).toFixed(1)} in the median;`,
    `slices ${at(slices, 0.5).toFixed(1)} in the median, 95 % within ${at(slices, 0.95).toFixed(1)};`,
    `a view to prepare ${at(views, 0.5).toFixed(1)}; ${(wasm.memory.buffer.byteLength / 2 ** 20).toFixed(0)} MB so far`,
  );
}
