// The page of map.mjs: a made-up map of as many pictures as asked for, moved about by the clock, and settled by UMAP.
import { Drawing } from '../www/src/map/drawing';
import { Layout } from '../www/src/map/layout';
import { portray } from '../www/src/map/portrayal';
import { seeded } from '../www/src/map/random';

const NUM_CLASSES = 10, NUM_DIMENSIONS = 12, NUM_NEIGHBORS = 15;
const random = seeded(7);
const noise = () => random() + random() + random() - 1.5;

/** Points round ten centers, with their nearest neighbors. */
function madeUp(numPoints) {
  const centers = Array.from({ length: NUM_CLASSES }, () => Array.from({ length: NUM_DIMENSIONS }, () => 2 * noise()));
  const points = Array.from({ length: numPoints }, (_, point) => centers[point % NUM_CLASSES].map((value) => value + noise()));
  const neighbors = [], distances = [];
  for (const [own, point] of points.entries()) {
    const best = [];
    for (let other = 0; other < numPoints; other++) {
      if (other === own) continue;
      let distance = 0;
      for (let i = 0; i < NUM_DIMENSIONS; i++) distance += (point[i] - points[other][i]) ** 2;
      if (best.length === NUM_NEIGHBORS && distance >= best.at(-1)[0]) continue;
      best.splice(best.findIndex(([known]) => known > distance) >>> 0, 0, [distance, other]);
      best.length = Math.min(best.length, NUM_NEIGHBORS);
    }
    for (const [distance, other] of best) {
      neighbors.push(other);
      distances.push(distance / 100);
    }
  }
  const samples = points.map((_, point) => point);
  return { samples, positions: points.flatMap(([x, y]) => [x, y]), numNeighbors: NUM_NEIGHBORS, neighbors, distances };
}

function known(samples) {
  const classes = Array.from({ length: NUM_CLASSES }, (_, id) => ({
    id, name: `class ${id}`, color: id, samples: samples.filter((sample) => sample % NUM_CLASSES === id),
  }));
  return {
    dataset: { classes, unsorted: [] }, classOf: new Map(samples.map((id) => [id, id % NUM_CLASSES])),
    evaluation: null, predictions: new Map(), doubts: new Map(),
  };
}

/** A thumbnail like any other. */
async function thumbnail() {
  const canvas = new OffscreenCanvas(128, 96);
  const context = canvas.getContext('2d');
  for (let x = 0; x < 128; x += 8) {
    context.fillStyle = `hsl(${x * 3} 60% 60%)`;
    context.fillRect(x, 0, 8, 96);
  }
  return canvas.convertToBlob({ type: 'image/jpeg' });
}

let map, drawing;

window.make = async (numPoints) => {
  map = madeUp(numPoints);
  const blob = await thumbnail();
  drawing?.close();
  drawing = new Drawing(document.querySelector('canvas'), () => blob);
  drawing.portray(portray(map, known(map.samples), 'class'));
};

/** Seconds until it has settled, and until the first better places came. */
window.settle = () => new Promise((resolve, reject) => {
  const start = performance.now();
  let first = null;
  const layout = new Layout((places) => {
    drawing.moving = layout.running;
    drawing.place(map.samples, places);
    const seconds = (performance.now() - start) / 1000;
    if (places.progress > 0) first ??= seconds;
    if (places.progress === 1) resolve({ first, seconds });
  }, reject);
  layout.start(map);
});

/** Milliseconds from frame to frame while `move(camera, t)` is called in each, t from 0 to 1. */
function frames(numFrames, move) {
  return new Promise((resolve) => {
    const times = [];
    let before = 0;
    const step = (now) => {
      if (before) times.push(now - before);
      before = now;
      if (times.length >= numFrames) return resolve(times);
      move(drawing.camera, times.length / numFrames);
      drawing.redraw();
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  });
}

const MOVES = {
  pan: (camera, t) => {
    camera.zoom = 1.3;
    camera.panBy(6 * Math.cos(20 * t), 4 * Math.sin(20 * t));
  },
  zoom: (camera, t) => {
    camera.showAll();
    camera.zoomBy(1 + 3 * (1 - Math.cos(20 * t)));
  },
  // Where thumbnails stand beside each other; the seventh point is somebody's neighbor.
  pictures: (camera, t) => {
    camera.showAll();
    for (let zoom = 1; zoom < 1000 && drawing.pictureSide(0) === 0; zoom *= 1.1) camera.zoomBy(1.1);
    camera.x = drawing.shownAt(7)[0] + 0.01 * Math.cos(20 * t);
    camera.y = drawing.shownAt(7)[1] + 0.01 * Math.sin(20 * t);
  },
};

window.measure = (move, numFrames) => frames(numFrames, MOVES[move]);
