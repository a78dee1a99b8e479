// A trainer that has stopped in, what it takes to go on with another one out.

import type { Command, Event, StudyKind } from './protocol';
import type { State } from './store';

/** Edits and settings: small, and lost if nobody says them again. Pictures are read again instead. */
const REPEATED = new Set<Command['type']>([
  'import', 'cancelImport', 'addClass', 'renameClass', 'mergeClasses', 'deleteClass', 'sortClasses', 'moveSamples', 'markTarget',
  'deleteSamples', 'undo', 'redo', 'keepSettings',
]);

export function isRepeated({ type }: Command): boolean {
  return REPEATED.has(type);
}

/** Pictures that such commands announce. */
export function numImported(commands: Command[]): number {
  return commands.reduce((sum, command) => sum + (command.type === 'import' ? command.files.length : 0), 0);
}

/** More in so short a time, and there is no use in trying. */
const MAX_RESTARTS = 2;
const WITHIN_MILLIS = 60_000;

/** When the trainer was started anew. */
export class Restarts {
  private times: number[] = [];

  /** Counts one more; whether it is one too many. */
  areTooMany(now: number): boolean {
    this.times = [...this.times.filter((time) => now - time < WITHIN_MILLIS), now];
    return this.times.length > MAX_RESTARTS;
  }

  /** Whether this is not the first in a short time: what was asked last may be why. */
  get areRepeated(): boolean {
    return this.times.length > 1;
  }
}

/** What the trainer owes to all who wait for an answer; a refusal is told to the user, too. */
export function owed({ studies, switching }: Readonly<State>, message: string): Event[] {
  const running = Object.entries(studies).filter(([, study]) => study.running);
  const ended = running.map(([kind]): Event => ({ type: 'studyEnded', study: kind as StudyKind, message }));
  const kept: Event[] = switching && !switching.fetching ? [{ type: 'backboneKept', message: null }] : [];
  return [...ended, ...kept, { type: 'refused', message }];
}
