// bench/results.json in, one readable table out: `node table.mjs [--markdown]`.
import { readFileSync } from 'node:fs';

const results = JSON.parse(readFileSync(new URL('results.json', import.meta.url), 'utf8'));
const markdown = process.argv.includes('--markdown');

const ms = (value) => (value >= 100 ? value.toFixed(0) : value.toFixed(1)) + ' ms';
const times = (value) => `×${value.toFixed(2)}`;
const mb = (value) => `${value.toFixed(value < 10 ? 2 : 0)} MB`;
const ENGINES = { simd128: 'Graft, simd128', relaxed: 'Graft, relaxed-simd', tfjs: 'TensorFlow.js', ort: 'onnxruntime-web' };
const READERS = {
  graft: 'Graft', graft1: 'Graft, one worker', tfjs: 'TensorFlow.js, one thread',
  teachable: "Teachable Machine's library",
};

const TRAINERS = {
  graft: 'Graft, to the optimum', teachable: 'Teachable Machine, 50 epochs', softmax: 'TensorFlow.js, softmax, 50 epochs',
};

/** Rows `[what, who, median, best, ratio of medians, of bests]`, by section. A section that isn't here shows as it is. */
const SECTIONS = {
  extract: ({ summary }) => ({
    title: 'Features, one thread, a picture; ratio: how much faster than TensorFlow.js',
    rows: summary.flatMap(({ backbone, batch, engines }) => Object.entries(engines).map(([name, row]) => [
      `${backbone}, batch ${batch}`, ENGINES[name] ?? name, ms(row.medianMillis), ms(row.bestMillis),
      times(row.medianSpeedup), times(row.bestSpeedup),
    ])),
  }),
  photos: ({ numPhotos, contenders, stages }) => ({
    title: `${numPhotos} JPEGs of 12 megapixels, dropped → features, a picture; ratio: how much faster than TensorFlow.js`,
    rows: Object.entries(contenders).map(([name, row]) => [
      'files on disk', READERS[name] ?? name, ms(row.medianMillis), ms(row.bestMillis),
      times(row.medianSpeedup), times(row.bestSpeedup),
    ]),
    notes: Object.entries(stages).map(([name, { read, decode, resize, forward }]) =>
      `${READERS[name]}: read ${ms(read)}, decode ${ms(decode)}, resize ${ms(resize)}, network ${ms(forward)}.`),
  }),
  head: ({ summary }) => ({
    title: 'A head on kept features, 10 classes; ratio: how much faster Graft is',
    head: ['what', 'who', 'time', 'epochs or steps', 'ratio', 'objective'],
    rows: summary.flatMap(({ count, engines }) => Object.entries(engines).map(([name, row]) => [
      `${count.toLocaleString('en-US')} rows`, TRAINERS[name] ?? name,
      `${row.seconds.toFixed(row.seconds < 10 ? 2 : 0)} s${row.extrapolated ? ' *' : ''}`, String(row.epochs),
      name === 'graft' ? '' : times(row.seconds / engines.graft.seconds), row.objective?.toFixed(4) ?? 'another',
    ])),
    notes: ['* extrapolated from the epochs done in a minute.'],
  }),
  pool: ({ numWorkers, picturesPerSecond, ofIndependent }) => ({
    title: `The pool, pictures a second; ratio: of ${numWorkers} independent pages with one worker each`,
    rows: [
      [`one page, ${numWorkers} workers`, 'Graft', rate(picturesPerSecond.pool.median), rate(picturesPerSecond.pool.best),
        times(ofIndependent.median), times(ofIndependent.best)],
      [`${numWorkers} pages, one worker each`, 'Graft', rate(picturesPerSecond.independent.median), rate(picturesPerSecond.independent.best), '', ''],
      ['one page, one worker', 'Graft', rate(picturesPerSecond.oneWorker.median), rate(picturesPerSecond.oneWorker.best), '', ''],
    ],
    notes: [`Round by round, the median of the ratios is ${times(ofIndependent.medianOfRatios)}.`],
  }),
  memory: ({ rows, perWorker }) => ({
    title: 'Memory of the page with all its workers (PSS)',
    head: ['what', 'who', 'before', 'peak', 'after', ''],
    rows: rows.map(({ numPictures, before, peak, after }) =>
      [`${numPictures.toLocaleString('en-US')} pictures`, 'Graft', mb(before), mb(peak), mb(after), '']),
    notes: [
      `A worker adds ${mb(perWorker.peak)} at its peak, ${mb(perWorker.weights)} of it weights; its wasm instance has ${mb(perWorker.wasm)} after ${perWorker.numPhotos} photos of 12 megapixels.`,
    ],
  }),
  scale: ({ rows }) => ({
    title: 'Fashion-MNIST in 50 folders, dropped in one go',
    head: ['what', 'who', 'to the last features', 'a head on all', 'memory, all renderers', 'longest task of the page'],
    rows: rows.map(({ numPictures, seconds, trainSeconds, peakMegabytes, longestTaskMillis }) => [
      `${numPictures.toLocaleString('en-US')} pictures`, 'Graft', `${seconds.toFixed(0)} s`, `${trainSeconds.toFixed(1)} s`,
      mb(peakMegabytes), ms(longestTaskMillis)]),
  }),
  batch: ({ numPictures, seconds, before, tenth, end, peak }) => ({
    title: 'A trained model asked about many pictures at once, memory of all renderers',
    head: ['what', 'who', 'to the last answer', 'before', 'at a tenth', 'at the end', 'peak'],
    rows: [[`${numPictures.toLocaleString('en-US')} pictures`, 'Graft', `${seconds.toFixed(0)} s`, mb(before), mb(tenth), mb(end), mb(peak)]],
  }),
  webgpu: ({ engines, args }) => ({
    title: `A picture on WebGPU${args.includes('swiftshader') ? ', emulated by SwiftShader' : ''}`,
    head: ['what', 'who', 'steady', 'first picture', 'dispatches', 'submits'],
    rows: engines.flatMap(({ name, firstMillis, batches }) => batches.map((row) => [
      `batch ${row.size}`, READERS[name]?.split(',')[0] ?? ENGINES[name], ms(row.millisPerImage),
      row.size === 1 ? `${(firstMillis / 1000).toFixed(1)} s` : '', String(row.dispatches), String(row.submits),
    ])),
  }),
  map: ({ canvas, rows }) => ({
    title: `The map on a canvas of ${canvas}, frames a second while it moves`,
    head: ['what', 'who', 'frames a second', 'slow frames', 'first settling', 'settled'],
    rows: rows.map(({ numPoints, density, move, framesPerSecond, slowMillis, firstSeconds, settledSeconds }) => [
      `${numPoints.toLocaleString('en-US')} pictures, ${move}`, `Graft, density ${density}`, rate(framesPerSecond), ms(slowMillis),
      `${firstSeconds.toFixed(1)} s`, `${settledSeconds.toFixed(1)} s`,
    ]),
    notes: ['Slow frames: 19 of 20 come sooner after the one before. First settling: until UMAP moves the first guess; settled: until it is done.'],
  }),
  'page-weight': ({ brotliQuality, budget, cpu, gpu }) => ({
    title: `First visit, brotli ${brotliQuality}, weights excluded`,
    head: ['what', 'who', 'size', 'budget', '', ''],
    rows: [
      ['CPU', 'Graft', mb(cpu.total / 1e6), mb(budget.cpu / 1e6), '', ''],
      ['WebGPU, more than that', 'Graft', mb((gpu.total - cpu.total) / 1e6), mb(budget.gpuMore / 1e6), '', ''],
    ],
  }),
};
const HEAD = ['what', 'who', 'median', 'best', 'ratio of medians', 'of bests'];

function rate(value) {
  return value.toFixed(1);
}

for (const [name, result] of Object.entries(results)) {
  const { when, machine, ...data } = result;
  const { title, head = HEAD, rows, notes = [] } = SECTIONS[name]?.(data)
    ?? { title: name, rows: [], notes: [JSON.stringify(data, null, 1)] };
  const source = `${when.slice(0, 10)}, ${machine.cores} cores (${machine.cpu}), Chromium ${machine.chromium}, load ${machine.load.toFixed(1)} at the end.`;
  print(title, rows.length > 0 ? [head, ...rows] : [], [...notes, source]);
}

function print(title, rows, notes) {
  if (markdown) {
    const line = (cells) => `| ${cells.join(' | ')} |`;
    console.log(`**${title}**\n`);
    if (rows.length > 0) console.log([line(rows[0]), line(rows[0].map(() => '---')), ...rows.slice(1).map(line)].join('\n') + '\n');
    console.log(notes.join(' ') + '\n');
    return;
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  console.log(`\n${title}`);
  for (const row of rows) console.log('  ' + row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd());
  for (const note of notes) console.log(`  ${note}`);
}
