// The results to take along: a page to read, and one row a picture for programs.

import { html } from 'lit';
import type { Evaluation } from '../protocol';
import { type Exhibit, predictionsCsv, predictionsJson, reportPage } from '../report-export';
import { saveFile } from '../save-file';
import { thumbnails } from '../thumbnails';
import { fileName } from '../words';
import { download } from './icons';
import { captionOf } from './losses-gallery';
import { View } from './view';

/** About 5 KB each. */
const NUM_WORST = 48;

class ReportDownload extends View {
  static override properties = { evaluation: { attribute: false }, withPictures: { state: true } };
  declare evaluation: Evaluation;
  declare withPictures: boolean;
  protected readonly watches = [] as const;

  constructor() {
    super();
    this.withPictures = false;
  }

  protected override render() {
    const tick = (event: Event) => (this.withPictures = (event.target as HTMLInputElement).checked);
    return html`
      <section class="taking-along" aria-labelledby="taking-along">
        <h3 id="taking-along">Take the results along</h3>
        <div class="buttons">
          <button type="button" class="small" data-testid="report-html" @click=${this.saveReport}>${download}<span>Report (HTML)</span></button>
          <label class="tick"><input type="checkbox" data-testid="with-pictures" .checked=${this.withPictures} @change=${tick} />
            with the worst pictures</label>
        </div>
        <div class="buttons">
          <button type="button" class="small" data-testid="report-csv" @click=${this.saveCsv}>${download}<span>Each picture's answer (CSV)</span></button>
          <button type="button" class="small" data-testid="report-json" @click=${this.saveJson}>${download}<span>The same as JSON</span></button>
        </div>
      </section>`;
  }

  private readonly saveReport = async () => {
    const { evaluation } = this;
    const { config, findings } = this.state;
    const exhibit: Exhibit = {
      evaluation,
      // What was an f32 has digits that nobody typed.
      settings: config && JSON.stringify(config, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value), 1),
      learningCurve: findings.learningCurve?.curve ?? null,
      noneOfThese: findings.noneOfThese ?? null,
      worst: this.withPictures ? await worstOf(evaluation) : [],
    };
    saveFile('graft-report.html', new Blob([reportPage(exhibit)], { type: 'text/html' }));
  };

  private readonly saveCsv = () => {
    saveFile('graft-predictions.csv', new Blob([predictionsCsv(this.evaluation, pathOf)], { type: 'text/csv' }));
  };

  private readonly saveJson = () => {
    saveFile('graft-predictions.json', new Blob([predictionsJson(this.evaluation, pathOf)], { type: 'application/json' }));
  };
}

const pathOf = (sample: number) => thumbnails.path(sample);

async function worstOf(evaluation: Evaluation): Promise<Exhibit['worst']> {
  const worst = evaluation.predictions.filter(({ truth, predicted }) => truth !== predicted).sort((a, b) => b.loss - a.loss).slice(0, NUM_WORST);
  const shown = await Promise.all(worst.map(async (prediction) => {
    const blob = thumbnails.blob(prediction.sample);
    const caption = `${fileName(thumbnails.path(prediction.sample))}: ${captionOf(prediction, evaluation)}`;
    return blob ? [{ caption, address: await dataAddress(blob) }] : [];
  }));
  return shown.flat();
}

function dataAddress(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
}

customElements.define('report-download', ReportDownload);
