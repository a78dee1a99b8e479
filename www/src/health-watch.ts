// The store in; a new look at the data asked for whenever pictures and labels have come to rest.

import { app } from './app';
import { type Key, type State, store } from './store';

/** More pictures are looked at when somebody asks: comparing all pairs takes seconds. */
export const MAX_UNASKED = 2000;
/** Edits come in bursts; a look between two of them would be wasted. */
const REST_MILLIS = 700;

const WATCHED: readonly Key[] = ['dataset', 'live', 'progress', 'listing', 'run', 'config', 'device', 'labeling', 'studies'];

let asked: number | null = null;

export function lookAtHealth(): void {
  const { config } = store.state;
  if (!config) return;
  asked = config.duplicateThreshold;
  app.study({ kind: 'health', duplicateThreshold: config.duplicateThreshold });
}

/** Returns how to stop. */
export function watchHealth(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    if (isAtRest(store.state) && isDue(store.state)) lookAtHealth();
  };
  const heard = (changed: ReadonlySet<Key>) => {
    if (!WATCHED.some((key) => changed.has(key))) return;
    clearTimeout(timer);
    timer = setTimeout(look, REST_MILLIS);
  };
  const unsubscribe = store.subscribe(heard);
  heard(new Set(WATCHED));
  return () => {
    clearTimeout(timer);
    unsubscribe();
  };
}

export function numPictures({ classes, unsorted }: State['dataset']): number {
  return classes.reduce((sum, { samples }) => sum + samples.length, unsorted.length);
}

/** While somebody labels, the trainer's time belongs to suggestions. */
function isAtRest({ device, progress, listing, run, labeling }: Readonly<State>): boolean {
  return device !== null && !progress && listing === 0 && !run?.running && !labeling;
}

function isDue({ dataset, studies, config }: Readonly<State>): boolean {
  const num = numPictures(dataset);
  if (num === 0 || num > MAX_UNASKED || !config) return false;
  const { health } = studies;
  return !health || health.outdated || asked !== config.duplicateThreshold;
}
