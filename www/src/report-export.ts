// An evaluation and what was found beside it in; a page that needs nothing else, a table and a JSON file out.

import { html, nothing, render, svg } from 'lit';
import { precisionRecallChart, rocChart } from './charts/class-curves';
import { compactMatrix } from './charts/compact-matrix';
import { learningCurveChart } from './charts/learning-curve';
import { csv } from './csv';
import { leakageSentence, mixUps, originSentence, ratio } from './evaluation-rows';
import type { Evaluation, Finding, LearningCurveView, Report, SampleId } from './protocol';
import charts from './styles/charts.css?raw';
import reportFile from './styles/report-file.css?raw';
import tokens from './styles/tokens.css?raw';
import { foldTable } from './views/fold-table';
import { measured } from './views/learning-curve';
import { answer } from './views/none-of-these';
import { averages, classTable, reliability } from './views/report-panel';
import { percent } from './words';

export interface Exhibit {
  evaluation: Evaluation;
  /** The settings, as JSON. */
  settings: string | null;
  learningCurve: LearningCurveView | null;
  noneOfThese: (Finding & { kind: 'noneOfThese' }) | null;
  /** Thumbnails as data addresses; empty unless they were asked for. */
  worst: { caption: string; address: string }[];
}

type PathOf = (sample: SampleId) => string;

/** More names than this aren't readable around a matrix; then squares are drawn and mix-ups listed. */
const MAX_NAMED = 40;
const MAX_MIXUPS = 100;
/** Thresholds that are shown of the trade-off. */
const NUM_THRESHOLDS = 12;

/** Without scripts; a browser is told not to run or fetch any either. */
export function reportPage(exhibit: Exhibit): string {
  const body = document.createElement('div');
  // The browser escapes what it serializes, so that names can't become markup.
  render(page(exhibit), body);
  const comments = document.createTreeWalker(body, NodeFilter.SHOW_COMMENT);
  const markers: Node[] = [];
  while (comments.nextNode()) markers.push(comments.currentNode);
  for (const marker of markers) marker.parentNode!.removeChild(marker);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>How good the model is</title>
<style>
${tokens}${charts}${reportFile}</style>
</head>
<body>
${body.innerHTML.replace(/\n\s*\n/g, '\n').trim()}
</body>
</html>
`;
}

/** One row a picture, the worst answer first. */
export function predictionsCsv(evaluation: Evaluation, path: PathOf): string {
  const rows = predictionRows(evaluation, path).map(({ picture, truth, predicted, confidence, loss }) =>
    [picture, truth, predicted, confidence, loss]);
  return csv(['picture', 'truth', 'predicted', 'confidence', 'loss'], rows);
}

export function predictionsJson(evaluation: Evaluation, path: PathOf): string {
  const { classes, accuracy, origin, confusion } = evaluation;
  const facts = {
    judgedBy: origin.kind,
    accuracy: { right: accuracy.hits, of: accuracy.total, low: accuracy.low, high: accuracy.high },
    classes: classes.map(({ name }) => name),
    confusion,
    predictions: predictionRows(evaluation, path),
  };
  return `${JSON.stringify(facts, null, 1)}\n`;
}

function predictionRows({ predictions, classes }: Evaluation, path: PathOf) {
  return [...predictions].sort((a, b) => b.loss - a.loss).map(({ sample, truth, predicted, confidence, loss }) => ({
    picture: path(sample),
    truth: classes[truth]!.name,
    predicted: classes[predicted]!.name,
    confidence: Number(confidence.toPrecision(6)),
    loss: Number(loss.toPrecision(6)),
  }));
}

function page({ evaluation, settings, learningCurve, noneOfThese, worst }: Exhibit) {
  const { accuracy, origin, report } = evaluation;
  return html`
    <main>
      <h1>How good the model is</h1>
      <p class="quiet">Made with Graft on ${new Date().toISOString().slice(0, 10)}.</p>
      <p class="headline"><strong>${accuracy.hits} of ${accuracy.total}</strong> held-out pictures named right: <strong>${percent(ratio(accuracy))}</strong>.
        The true rate probably lies between ${percent(accuracy.low)} and ${percent(accuracy.high)} (95% confidence, Wilson).</p>
      <p>${originSentence(origin)}</p>
      ${origin.kind === 'crossValidation' ? html`<p>${leakageSentence(origin, accuracy)}</p>${foldTable(origin.folds)}` : nothing}
      <section><h2>Which classes are taken for which</h2>${matrix(evaluation)}${mixUpTable(evaluation)}</section>
      <section><h2>Class by class</h2>${classTable(evaluation)}${averages(report)}</section>
      <section><h2>How sure</h2>${reliability(report)}${coverage(report)}</section>
      ${report.area === null ? nothing : html`
        <section><h2>Curves</h2>
          <p>The strong lines are the mean of all classes, the faint ones the classes'.</p>
          <div class="curve-pair">
            <figure>${rocChart(report.classes, null, 'all classes on average')}</figure>
            <figure>${precisionRecallChart(report.classes, null, 'all classes on average')}</figure>
          </div>
        </section>`}
      ${learningCurve && learningCurve.points.length > 0 ? html`
        <section><h2>Would more pictures help?</h2>
          <p>${learningCurve.advice}</p><figure>${learningCurveChart(learningCurve)}</figure>${measured(learningCurve)}
        </section>` : nothing}
      ${noneOfThese ? html`<section><h2>Does it notice what it has never seen?</h2>${answer(noneOfThese)}</section>` : nothing}
      ${worst.length > 0 ? html`
        <section><h2>The worst answers</h2>
          <ul class="worst">${worst.map(({ caption, address }) => html`<li><img src=${address} alt="" /><p>${caption}</p></li>`)}</ul>
        </section>` : nothing}
      ${settings ? html`<section><h2>Settings</h2><pre>${settings}</pre></section>` : nothing}
    </main>`;
}

function matrix({ confusion, classes }: Evaluation) {
  const size = classes.length;
  const caption = 'Rows: what the picture is. Columns: what the model says.';
  if (size > MAX_NAMED) {
    return html`
      <figure>
        ${svg`<svg class="matrix" viewBox=${`0 0 ${size} ${size}`} role="img" aria-label="Confusion matrix; the table lists the mix-ups">${compactMatrix(confusion, 'row')}</svg>`}
        <figcaption class="quiet">${caption} The fuller a square, the larger its share of the row.</figcaption>
      </figure>`;
  }
  return html`
    <div class="table-scroll">
      <table class="confusion">
        <caption>${caption}</caption>
        <thead><tr><td></td>${classes.map(({ name }) => html`<th scope="col"><span>${name}</span></th>`)}</tr></thead>
        <tbody>${confusion.map((row, truth) => {
          const sum = Math.max(1, row.reduce((a, b) => a + b, 0));
          return html`
            <tr><th scope="row">${classes[truth]!.name}</th>
              ${row.map((num, predicted) => html`
                <td class=${num === 0 ? 'zero' : truth === predicted ? 'right' : 'wrong'} style=${`--share:${(num / sum).toFixed(3)}`}>${num}</td>`)}</tr>`;
        })}</tbody>
      </table>
    </div>`;
}

function mixUpTable(evaluation: Evaluation) {
  const all = mixUps(evaluation);
  if (all.length === 0) return html`<p>There were no mix-ups.</p>`;
  return html`
    <details>
      <summary>${all.length > MAX_MIXUPS ? `The ${MAX_MIXUPS} most frequent mix-ups` : 'All mix-ups'}</summary>
      <table class="numbers">
        <thead><tr>${['Is', 'Called', 'Pictures'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
        <tbody>${all.slice(0, MAX_MIXUPS).map(({ truth, predicted, num }) => html`
          <tr><th scope="row">${evaluation.classes[truth]!.name}</th><td>${evaluation.classes[predicted]!.name}</td><td>${num}</td></tr>`)}</tbody>
      </table>
    </details>`;
}

function coverage({ coverage: { points } }: Report) {
  if (points.length === 0) return nothing;
  const stride = Math.max(1, Math.ceil(points.length / NUM_THRESHOLDS));
  const shown = points.filter((_, index) => (points.length - 1 - index) % stride === 0).reverse();
  return html`
    <h3>If it says "not sure" below a threshold</h3>
    <table class="numbers">
      <thead><tr>${['At least so sure', 'Answers', 'Right of those'].map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${shown.map(({ threshold, coverage: answered, accuracy }) => html`
        <tr><th scope="row">${percent(threshold)}</th><td>${answered.hits} of ${answered.total}</td><td>${percent(ratio(accuracy))}</td></tr>`)}</tbody>
    </table>`;
}
