// One Event in, the state it leads to out. Nothing here knows the DOM or a worker.

import { RateMeter } from './rate-meter';
import type { Event, StudyKind } from './protocol';
import type { State, StudyState } from './store';

const meter = new RateMeter();

/** Only what changes. Answers to a caller, such as `prediction`, are handled there. */
export function applyEvent(state: Readonly<State>, event: Event, now: number): Partial<State> {
  switch (event.type) {
    case 'ready':
      return { device: { kind: event.device, reason: event.reason }, config: state.config ?? event.defaults, methods: event.methods };
    case 'dataset': {
      const { classes, unsorted, target, undo, redo, missing } = event;
      return { dataset: { classes, unsorted, target, undo, redo, missing } };
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
        run: {
          numTrain, numValidation, numEpochs, epochs: [], progress: null, running: true, stopping: false, preparing: false,
          quiet: state.run?.quiet ?? false,
        },
      };
    }
    case 'tuningEstimate':
      return { tuningEstimate: { seconds: event.seconds, bytes: event.bytes } };
    case 'augmented':
      return { variants: event.pixels };
    case 'trainingProgress':
      return { run: state.run && { ...state.run, progress: event.progress } };
    case 'epoch': {
      const run = state.run;
      if (!run) return {};
      run.epochs.push(event.metrics);
      return { run: { ...run } };
    }
    case 'trained': {
      const { evaluation, isTuned, teachers } = event;
      return {
        evaluation,
        teachers,
        model: {
          classes: evaluation.classes,
          accuracy: evaluation.accuracy,
          file: null,
          familiarShare: evaluation.origin.kind === 'heldOut' ? evaluation.origin.familiarShare : null,
          tuned: isTuned,
        },
        formats: null,
        exported: null,
        run: state.run && { ...state.run, running: false, stopping: false },
      };
    }
    case 'live':
      return { live: event.estimate };
    case 'trainingFailed':
      return { run: null };
    case 'modelLoaded':
      return {
        model: { classes: event.classes, accuracy: event.accuracy, file: '', familiarShare: event.familiarShare, tuned: event.isTuned },
        evaluation: null,
        teachers: [],
        run: null,
        stale: false,
        formats: null,
        exported: null,
      };
    case 'backboneInUse':
      // All of it was about features that are gone.
      return {
        backbone: event.backbone, model: null, evaluation: null, run: null, stale: false, live: null, tuningEstimate: null, variants: null,
        studies: {}, findings: {}, trial: null, inquiry: null,
      };
    case 'studyProgress':
      return withStudy(state, event.study, { running: true, progress: event.progress });
    case 'studied':
      return {
        ...withStudy(state, event.finding.kind, { running: false, message: null }),
        findings: { ...state.findings, [event.finding.kind]: event.finding },
      };
    case 'studyEnded':
      return withStudy(state, event.study, { running: false, message: event.message });
    case 'readingNames':
      return { reader: { stage: 'reading' } };
    case 'nameRead':
      return { names: { ...state.names, [event.name]: { like: event.like, nearness: event.nearness } } };
    case 'refused':
      // It may be the reader that was refused.
      return state.reader.stage === 'starting' ? { reader: { stage: 'absent' } } : {};
    case 'deviceLost':
    case 'otherBackbone':
    case 'drawn':
    case 'backbonesRated':
    case 'needReadings':
    case 'switchProgress':
    case 'backboneKept':
    case 'needPixels':
    case 'prediction':
    case 'explained':
    case 'occlusionProgress':
    case 'occluded':
    case 'journal':
    case 'restoredSamples':
    case 'restored':
    case 'notRestored':
    case 'compacted':
      return {};
    case 'formats':
      return { formats: event.formats };
    case 'exported':
      return { exporting: null, exported: { format: event.format, file: event.file, difference: event.difference } };
  }
}

const UNASKED: StudyState = { running: false, progress: 0, message: null, outdated: false };

export function withStudy({ studies }: Readonly<State>, kind: StudyKind, patch: Partial<StudyState>): Pick<State, 'studies'> {
  return { studies: { ...studies, [kind]: { ...(studies[kind] ?? UNASKED), ...patch } } };
}
