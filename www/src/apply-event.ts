// One Event in, the state it leads to out. Nothing here knows the DOM or a worker.

import { RateMeter } from './rate-meter';
import type { State } from './store';
import type { Event } from './protocol';

const meter = new RateMeter();

/** Only what changes. `exported` and `prediction` are answers to a caller and handled there. */
export function applyEvent(state: Readonly<State>, event: Event, now: number): Partial<State> {
  switch (event.type) {
    case 'ready':
      return { device: { kind: event.device, reason: event.reason }, config: state.config ?? event.defaults };
    case 'dataset': {
      const { classes, undo, redo, missing } = event;
      return { dataset: { classes, undo, redo, missing } };
    }
    case 'progress': {
      if (event.done >= event.total) {
        meter.reset();
        return { progress: null };
      }
      return { progress: { ...event, ...meter.measure(event.done, event.total, now) } };
    }
    case 'problem':
      // Grown in place, like the epochs below: copying would be quadratic.
      state.problems.push(event.problem);
      return { problems: state.problems };
    case 'trainingStarted': {
      const { numTrain, numValidation, numEpochs } = event;
      return {
        run: { numTrain, numValidation, numEpochs, epochs: [], running: true, stopping: false },
      };
    }
    case 'epoch': {
      const run = state.run;
      if (!run) return {};
      run.epochs.push(event.metrics);
      return { run: { ...run } };
    }
    case 'trained': {
      const { evaluation } = event;
      return {
        evaluation,
        model: { classes: evaluation.classes, accuracy: evaluation.accuracy, file: null },
        run: state.run && { ...state.run, running: false, stopping: false },
      };
    }
    case 'live':
      return { live: event.estimate };
    case 'trainingFailed':
      return { run: null };
    case 'modelLoaded':
      return { model: { classes: event.classes, accuracy: event.accuracy, file: '' }, evaluation: null, run: null, stale: false };
    case 'refused':
    case 'prediction':
    case 'exported':
      return {};
  }
}
