// An evaluation in, what its tables and sentences say out: the same on the page and in a report taken along.

import { known } from './methods';
import type { Evaluation, Kept, Origin, Proportion, Report } from './protocol';
import { count, hundredths, percent, points } from './words';

type Held = Origin & { kind: 'heldOut' };
type Crossed = Origin & { kind: 'crossValidation' };

export const share = (value: number | null) => (value === null ? '–' : percent(value));
export const ratio = ({ hits, total }: Proportion) => (total === 0 ? 0 : hits / total);
export const interval = ({ low, high }: Proportion) => `${percent(low)} to ${percent(high)}`;

export const CLASS_COLUMNS = ['Held out', 'Precision', 'Recall', 'F1', 'AUC'];
export const CLASS_CAPTION = `Precision: of the pictures called so, the share that are. Recall: of the pictures that are, the
  share found. F1: their harmonic mean. AUC: how well the class's probability ranks its pictures first.`;

/** In the order of {@link CLASS_COLUMNS}. */
export function classRow({ report: { support, precision, recall, f1 }, area }: Report['classes'][number]): string[] {
  return [String(support), share(precision), share(recall), hundredths(f1), hundredths(area)];
}

/** Name, value and meaning. */
export function averageRows({ overview, topK, area, averagePrecision }: Report): [string, string, string][] {
  const { balancedAccuracy, kappa, macroAverage, weightedAverage } = overview;
  return [
    ['Balanced accuracy', share(balancedAccuracy), 'the mean recall: small classes count as much as large ones'],
    ['Mean F1', hundredths(macroAverage?.f1 ?? null), 'each class counts the same'],
    ['Weighted F1', hundredths(weightedAverage?.f1 ?? null), 'each class counts by its pictures'],
    ["Cohen's κ", hundredths(kappa), 'agreement beyond chance: 0 is guessing, 1 is perfect'],
    ['Mean AUC', hundredths(area), 'area under the ROC curves'],
    ['Mean average precision', hundredths(averagePrecision), 'area under the precision-recall curves'],
    ...topK.map((right, index): [string, string, string] =>
      [`Right within ${index + 2} guesses`, right.total > 0 ? percent(ratio(right)) : '–', 'its class is among the likeliest']),
  ];
}

export interface MixUp {
  truth: number;
  predicted: number;
  num: number;
}

/** Those that happened, the most frequent first. */
export function mixUps({ confusion }: Evaluation): MixUp[] {
  return confusion.flatMap((row, truth) => row.map((num, predicted) => ({ truth, predicted, num })))
    .filter(({ num, truth, predicted }) => num > 0 && predicted !== truth)
    .sort((a, b) => b.num - a.num);
}

export function calibrationSentence({ reliability: { bins, error, errorByChance }, temperature }: Report): string {
  if (error === null) return 'Too few pictures were held out to tell whether it is as sure as it is right.';
  const total = bins.reduce((sum, { accuracy }) => sum + accuracy.total, 0);
  const byChance = errorByChance === null ? ''
    : `; with ${count(total, 'picture')}, chance alone would show about ${(errorByChance * 100).toFixed(1)}`;
  const lean = temperature === null ? '' : temperature > 1 ? ' It tends to be too sure.' : ' It could be surer of itself.';
  const worse = errorByChance !== null && error > 2 * errorByChance;
  const verdict = worse ? `Take its percentages with a grain of salt.${lean}` : 'That is no cause for concern.';
  return `Its confidence is off by ${(error * 100).toFixed(1)} points on average${byChance}. ${verdict}`;
}

/** What the evaluation was made from. */
export function originSentence(origin: Origin): string {
  return origin.kind === 'heldOut' ? heldOutSentence(origin) : foldsSentence(origin);
}

function heldOutSentence({ numTrain, device, kept }: Held): string {
  return `Learned from ${count(numTrain, 'picture')} on the ${device === 'webgpu' ? 'GPU' : 'CPU'}; ${course(kept)}.`;
}

function foldsSentence({ folds, mean, deviation }: Crossed): string {
  return `Each picture was held out once, in ${count(folds.length, 'fold')}. Mean of the folds: ${(mean * 100).toFixed(1)}% ± `
    + `${points(deviation)} (one standard deviation).`;
}

/** What the pictures are that judge, as in "12 of 30 held-out pictures". */
export function judges(origin: Origin): string {
  return origin.kind === 'heldOut' && origin.judgedBy === 'target' ? 'labeled target pictures' : 'held-out pictures';
}

/** How the run came by the head it kept. */
function course(kept: Kept): string {
  switch (kept.kind) {
    case 'optimum':
      return `reached the optimum in ${count(kept.numSteps, 'step')}`;
    case 'closedForm':
      return `solved at once, with the penalty (λ = ${Number(kept.lambda.toPrecision(2))}) that did best on pictures left out`;
    case 'last':
      return `stopped on the way to the optimum, after ${count(kept.numSteps, 'step')}`;
    case 'method':
      return `by “${known(kept.method)?.name ?? kept.method}”${kept.numUnlabeled > 0 ? `, with ${count(kept.numUnlabeled, 'picture')} without a class` : ''}`;
    case 'tuned': {
      const learned = `the last ${count(kept.numBlocks, 'block')} of the network learned, too`;
      return kept.epoch === 0 ? `${learned}, but in none of its epochs did better on held-out pictures than the head alone, which was kept`
        : `${learned}; kept epoch ${kept.epoch} of ${kept.numEpochs}, the one that did best on held-out pictures`;
    }
    case 'distilled': {
      const teacher = kept.teacher === 'heads' ? 'several heads on the whole network' : 'the model that was in use';
      const more = kept.numUnlabeled > 0 ? `, also with ${count(kept.numUnlabeled, 'picture')} without a class` : '';
      return `with the first ${count(kept.numBlocks, 'block')} of the network, taught by ${teacher}${more}`;
    }
    case 'bestEpoch':
      return kept.epoch === 0 ? 'stopped before the first epoch was over'
        : `kept epoch ${kept.epoch} of ${kept.numEpochs}, the one that did best on held-out pictures`;
  }
}

/** Whether near-duplicates would have flattered the accuracy. */
export function leakageSentence({ groups, unguarded }: Crossed, accuracy: Proportion): string {
  if (groups.length === 0) return 'There are no near-duplicates, so no picture could give another away.';
  const num = groups.reduce((sum, group) => sum + group.length, 0);
  const kept = `Near-duplicates were kept together (${count(groups.length, 'group')}, ${count(num, 'picture')}).`;
  if (!unguarded) return kept;
  const gap = ratio(unguarded) - ratio(accuracy);
  const verdict = Math.abs(gap) < 0.0005 ? 'the same' : `${points(gap)} ${gap > 0 ? 'better than it is' : 'worse, by chance'}`;
  return `${kept} Divided as chance has it, accuracy would look like ${(ratio(unguarded) * 100).toFixed(1)}%: ${verdict}.`;
}
