// What the live estimate doubts in, those doubts out that edits since have not settled.

import { placement } from './placement';
import type { ClassView, SampleId } from './protocol';
import type { State } from './store';

export interface OpenDoubt {
  sample: SampleId;
  suggestion: ClassView;
}

/** The most doubtful first. */
export function openDoubts({ live, dataset }: Readonly<State>): OpenDoubt[] {
  if (!live || live.doubts.length === 0) return [];
  const places = placement(dataset);
  const classes = new Map(dataset.classes.map((view) => [view.id, view] as const));
  return live.doubts.flatMap(({ sample, suggestion }) => {
    const now = places.get(sample);
    const suggested = classes.get(suggestion);
    // Nothing to doubt about a picture that is gone, set aside or moved where it was said to belong.
    return typeof now === 'number' && suggested && now !== suggestion ? [{ sample, suggestion: suggested }] : [];
  });
}
