// The classes in, where each picture is now out; whoever isn't in it was deleted.

import type { ClassId, SampleId } from './protocol';
import type { Dataset } from './store';

const known = new WeakMap<Dataset, ReadonlyMap<SampleId, ClassId | null>>();

/** Null is the tray of unsorted pictures. Made once for each state of the classes. */
export function placement(dataset: Dataset): ReadonlyMap<SampleId, ClassId | null> {
  const before = known.get(dataset);
  if (before) return before;
  const where = new Map<SampleId, ClassId | null>();
  for (const { id, samples } of dataset.classes) for (const sample of samples) where.set(sample, id);
  for (const sample of dataset.unsorted) where.set(sample, null);
  known.set(dataset, where);
  return where;
}
