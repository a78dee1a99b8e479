// Who is like whom in, the map in words out: how often the most similar picture is of the same class.

import type { SampleId, SampleMap } from '../protocol';
import type { Known } from './portrayal';

export interface Mingling {
  /** Index into the dataset's classes. */
  of: number;
  /** Pictures of the class that have a similar one with a class. */
  total: number;
  same: number;
  /** The other class most often most similar, and whose pictures those are. */
  with: number | null;
  samples: SampleId[];
}

/** One a class that has pictures on the map. */
export function minglingOf({ samples, neighbors, numNeighbors }: SampleMap, { dataset, classOf }: Known): Mingling[] {
  const nearest = dataset.classes.map(() => new Map<number, SampleId[]>());
  samples.forEach((id, point) => {
    const own = classOf.get(id) ?? -1;
    if (own < 0) return;
    for (let i = point * numNeighbors; i < (point + 1) * numNeighbors; i++) {
      const other = classOf.get(samples[neighbors[i]!]!) ?? -1;
      if (other < 0) continue;
      const there = nearest[own]!.get(other);
      if (there) there.push(id);
      else nearest[own]!.set(other, [id]);
      break;
    }
  });
  return nearest.flatMap((others, of) => {
    const all = [...others];
    const total = all.reduce((sum, [, ids]) => sum + ids.length, 0);
    if (total === 0) return [];
    const [strangest] = all.filter(([other]) => other !== of).sort((a, b) => b[1].length - a[1].length);
    return [{ of, total, same: others.get(of)?.length ?? 0, with: strangest?.[0] ?? null, samples: strangest?.[1] ?? [] }];
  });
}
