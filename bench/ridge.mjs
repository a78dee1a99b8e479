// How long the ridge head takes in WebAssembly on one core, and its longest step.
//
//   cargo build --release --target wasm32-unknown-unknown --example bench_ridge
//   node bench/ridge.mjs target/wasm32-unknown-unknown/release/examples/bench_ridge.wasm
//
// Times are CPU milliseconds, of which a busy machine takes no share; the least of five runs.
import { readFileSync } from 'node:fs';

const module = await WebAssembly.compile(readFileSync(process.argv[2]));
// wasm-bindgen's imports, which nothing here calls.
const imports = {};
for (const { module: from, name } of WebAssembly.Module.imports(module)) {
  (imports[from] ??= {})[name] = () => 0;
}
const { exports: wasm } = await WebAssembly.instantiate(module, imports);

const cpuMillis = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

// [total, longest step] of calling `step` until it says 1.
function steps(step) {
  const start = cpuMillis();
  let [longest, before, done] = [0, start, false];
  while (!done) {
    done = step() === 1;
    const now = cpuMillis();
    longest = Math.max(longest, now - before);
    before = now;
  }
  return [before - start, longest];
}

function best(run, times = 5) {
  const runs = Array.from({ length: times }, run);
  return runs.reduce((a, b) => (b[0] < a[0] ? b : a));
}

const show = ([total, longest]) => `${total.toFixed(1)} (longest step ${longest.toFixed(1)})`;

for (const [rows, features, classes, times] of [[300, 1280, 10, 9], [1000, 1280, 10, 9], [1280, 1280, 10, 3], [3000, 1280, 10, 1]]) {
  const task = wasm.task(rows, features, classes);
  console.log(`${rows} rows, ${features} features, ${classes} classes, milliseconds`);
  console.log('  all products   ', show(steps(() => wasm.multiply(task))));
  let accuracy;
  const fit = (lambda, changed) => () => {
    const start = cpuMillis();
    if (changed) wasm.replace(task);
    if (changed) while (wasm.multiply(task) !== 1);
    wasm.begin(task, lambda);
    const begun = cpuMillis();
    const [, longest] = steps(() => wasm.step(task));
    const finished = cpuMillis();
    accuracy = wasm.finish(task);
    const end = cpuMillis();
    return [end - start, Math.max(longest, begun - start, end - finished)];
  };
  console.log('  refit, same λ  ', show(best(fit(0.316, false), times)));
  console.log('  … with a new row', show(best(fit(0.316, true), times)));
  console.log('  refit, best λ  ', show(best(fit(0, false), times)), `accuracy ${accuracy.toFixed(3)}`);
}
