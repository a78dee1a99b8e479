// The programs people run exported models with, in a page of their own: pictures in, probabilities out.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGES = join(dirname(fileURLToPath(import.meta.url)), 'node_modules');
const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.json': 'application/json', '.wasm': 'application/wasm' };

/** Serves the packages under /packages/ and `folder` under /files/, and an empty page at /. */
export async function serveRuntimes(folder) {
  const roots = { packages: PACKAGES, files: folder };
  const server = createServer(async (request, response) => {
    const [, root, ...rest] = decodeURIComponent(new URL(request.url, 'http://host').pathname).split('/');
    if (root === '') return response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Runtimes</title>');
    const inside = normalize(rest.join('/'));
    const file = roots[root] && !inside.startsWith('..') ? join(roots[root], inside) : '';
    const found = file ? await stat(file).catch(() => null) : null;
    if (!found?.isFile()) return response.writeHead(404).end();
    response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream', 'content-length': found.size });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** onnxruntime-web; `squares` are files of RGB bytes, side by side as Graft fits them. */
export async function inOnnxruntime(page, model, squares, side) {
  return page.evaluate(async ([model, squares, side]) => {
    const ort = await import('/packages/onnxruntime-web/dist/ort.wasm.min.mjs');
    ort.env.wasm.numThreads = 1;
    ort.env.wasm.wasmPaths = `${location.origin}/packages/onnxruntime-web/dist/`;
    const session = await ort.InferenceSession.create(`/files/${model}`);
    const answers = [];
    for (const square of squares) {
      const rgb = new Uint8Array(await (await fetch(`/files/${square}`)).arrayBuffer());
      const { probabilities } = await session.run({ image: new ort.Tensor('uint8', rgb, [1, side, side, 3]) });
      answers.push([...probabilities.data]);
    }
    return answers;
  }, [model, squares, side]);
}

/** TensorFlow.js as it is today. */
export async function inTensorFlowJs(page, folder, squares, side) {
  await page.addScriptTag({ url: '/packages/tfjs-today/dist/tf.min.js' });
  return page.evaluate(async ([folder, squares, side]) => {
    const model = await tf.loadLayersModel(`/files/${folder}/model.json`);
    const answers = [];
    for (const square of squares) {
      const rgb = new Uint8Array(await (await fetch(`/files/${square}`)).arrayBuffer());
      const colors = tf.tensor(rgb, [1, side, side, 3], 'float32').div(127).sub(1);
      answers.push([...(await model.predict(colors).data())]);
    }
    return answers;
  }, [folder, squares, side]);
}

/** Teachable Machine's own library with the TensorFlow.js it was made for. */
export async function inTeachableMachine(page, folder, squares, side) {
  await page.addScriptTag({ url: '/packages/@tensorflow/tfjs/dist/tf.min.js' });
  await page.addScriptTag({ url: '/packages/@teachablemachine/image/dist/teachablemachine-image.min.js' });
  return page.evaluate(async ([folder, squares, side]) => {
    const model = await tmImage.load(`/files/${folder}/model.json`, `/files/${folder}/metadata.json`);
    const answers = [];
    for (const square of squares) {
      const rgb = new Uint8Array(await (await fetch(`/files/${square}`)).arrayBuffer());
      const canvas = document.createElement('canvas');
      canvas.width = canvas.height = side;
      const image = new ImageData(side, side);
      for (let pixel = 0; pixel < side * side; pixel++) image.data.set([...rgb.subarray(3 * pixel, 3 * pixel + 3), 255], 4 * pixel);
      canvas.getContext('2d').putImageData(image, 0, 0);
      const shares = await model.predict(canvas);
      answers.push(shares.map(({ probability }) => probability));
    }
    return { answers, labels: model.getClassLabels() };
  }, [folder, squares, side]);
}
