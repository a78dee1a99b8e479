// Smaller networks that a larger one has taught, what each is worth, and one click to use one.

import { html, nothing } from 'lit';
import { app } from '../app';
import { interval, ratio } from '../evaluation-rows';
import type { Distilled, DistillationConfig, ModelCost, Proportion, StudentView, TeacherKind, TeacherView } from '../protocol';
import { store } from '../store';
import { count, megabytes, millis, percent, points } from '../words';
import { isReady, mayStudy, studyCourse } from './study-course';
import { View } from './view';

const TEACHERS: readonly (readonly [TeacherKind, string])[] = [
  ['heads', 'Several heads on the whole network, asked together'],
  ['model', 'The model in use'],
];
const COLUMNS = ['Network', 'Named right', 'Without the teacher', 'Says what the teacher says', 'Size', 'A picture takes', ''];
/** A student so near its teacher is worth taking for its size. */
const NEAR = 0.02;

class MakeSmaller extends View {
  protected readonly watches = ['studies', 'findings', 'config', 'dataset', 'model', 'run', 'evaluation'] as const;

  protected override render() {
    const distilled = this.state.findings.distillation?.distillation;
    return html`
      <details class="report" data-testid="make-smaller">
        <summary><h3>Make it smaller and faster</h3></summary>
        <div class="study">
          ${distilled ? this.answer(distilled) : html`
            <p>A network with fewer blocks takes less to download and less time a picture, but sees less in it. A larger one can teach it: of every
              picture, also of those without a class, it says how likely it is of each class, which is more than a label says.</p>`}
          ${this.settings()}
          ${studyCourse('distillation', { doing: 'Teaching smaller networks, for which all pictures are read again', again: this.ask })}
          <button type="button" data-testid="start-distillation" ?disabled=${!isReady()} aria-disabled=${mayStudy('distillation') ? nothing : 'true'}
            @click=${this.ask}>${distilled ? 'Try again' : 'Try smaller networks'}</button>
        </div>
      </details>`;
  }

  private answer(distilled: Distilled) {
    const { teacher, students } = distilled;
    return html`
      <p class="advice" data-testid="distillation-verdict">${verdict(distilled)}</p>
      <div class="table-scroll" tabindex="0" role="region" aria-label="The teacher and smaller networks">
        <table class="numbers ranking" data-testid="students">
          <caption>${basis(distilled)}</caption>
          <thead><tr>${COLUMNS.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
          <tbody>
            <tr data-testid="teacher">
              <th scope="row">The teacher<br /><span class="quiet">${whoTaught(teacher)}</span></th>
              <td>${bar(teacher.accuracy)}</td><td></td><td></td>
              ${this.cost(teacher.cost, null)}<td></td>
            </tr>
            ${students.map((student) => this.row(student, distilled))}
          </tbody>
        </table>
      </div>`;
  }

  private row(student: StudentView, { numBlocks, teacher }: Distilled) {
    const { evaluation, run } = this.state;
    const kept = evaluation?.origin.kind === 'heldOut' ? evaluation.origin.kept : null;
    const inUse = kept?.kind === 'distilled' && kept.numBlocks === student.numBlocks;
    const name = `${student.numBlocks} of ${count(numBlocks, 'block')}`;
    return html`
      <tr data-blocks=${student.numBlocks}>
        <th scope="row">${name}</th>
        <td>${bar(student.taught)}</td>
        <td>${tenths(student.alone)}</td>
        <td>${tenths(student.agreement)} <span class="quiet">without: ${tenths(student.agreementAlone)}</span></td>
        ${this.cost(student.cost, teacher.cost)}
        <td><button type="button" class="small" data-testid="keep-student" ?disabled=${run?.running ?? false} aria-label=${`Use the network with ${name}`}
          @click=${() => app.keepStudent(student.numBlocks)}>${inUse ? 'In use' : 'Use this'}</button></td>
      </tr>`;
  }

  private cost(cost: ModelCost, whole: ModelCost | null) {
    const of = (part: number, all: number) => (whole ? html` <span class="quiet">${percent(part / all)}</span>` : nothing);
    return html`
      <td>${megabytes(cost.numBytes)} MB${of(cost.numBytes, whole?.numBytes ?? 1)}</td>
      <td title=${`${Math.round(cost.multiplyAdds / 1e6)} million multiplications`}>${millis(cost.millis)}${of(cost.millis, whole?.millis ?? 1)}</td>`;
  }

  private settings() {
    const { config, model } = this.state;
    if (!config) return nothing;
    const { distillation } = config;
    const mayTeach = model !== null && model.file === null;
    return html`
      <div class="setting">
        <label for="set-teacher">Who teaches</label>
        <select id="set-teacher" aria-describedby="help-teacher"
          @change=${(event: Event) => this.change({ teacher: (event.currentTarget as HTMLSelectElement).value as TeacherKind })}>
          ${TEACHERS.map(([kind, name]) => html`
            <option value=${kind} ?selected=${distillation.teacher === kind} ?disabled=${kind === 'model' && !mayTeach}>${name}</option>`)}
        </select>
        <p id="help-teacher" class="quiet">A model that was trained here can teach, a fine-tuned one too; one from a file can't, since nobody knows which pictures it has learned from.</p>
      </div>
      <details class="behind">
        <summary>How it is taught</summary>
        <div class="setting">
          <label for="set-temperature">Temperature</label>
          <input id="set-temperature" type="number" min="1" max="20" step="0.5" required aria-describedby="help-temperature" .value=${String(distillation.temperature)}
            @change=${this.number('temperature', 1, 20)} />
          <p id="help-temperature" class="quiet">The higher, the more counts what else a picture might have been; at 1 the teacher speaks as sure as it is.</p>
        </div>
        <div class="setting">
          <label for="set-label-share">Weight of the labels</label>
          <input id="set-label-share" type="number" min="0" max="1" step="0.05" required aria-describedby="help-label-share" .value=${String(distillation.labelShare)}
            @change=${this.number('labelShare', 0, 1)} />
          <p id="help-label-share" class="quiet">What a picture's class counts against the teacher's word: at 0 only the teacher is heard, at 1 labels alone where there are any.</p>
        </div>
      </details>`;
  }

  private number(key: 'temperature' | 'labelShare', min: number, max: number) {
    return (event: Event) => {
      const input = event.currentTarget as HTMLInputElement;
      if (!Number.isNaN(input.valueAsNumber)) this.change({ [key]: Math.min(max, Math.max(min, input.valueAsNumber)) });
      input.value = String(store.state.config!.distillation[key]);
    };
  }

  private change(patch: Partial<DistillationConfig>): void {
    const { config } = this.state;
    if (config) store.set({ config: { ...config, distillation: { ...config.distillation, ...patch } } });
  }

  private readonly ask = () => {
    const { config } = this.state;
    if (config && mayStudy('distillation')) app.study({ kind: 'distillation', config });
  };
}

const tenths = (share: Proportion) => `${(ratio(share) * 100).toFixed(1)}%`;

function bar(share: Proportion) {
  return html`<span class="share-bar" style=${`--share:${ratio(share)}`} title=${`95% confidence: ${interval(share)}`}>${tenths(share)}</span>`;
}

function whoTaught({ kind, numMembers }: TeacherView): string {
  if (kind === 'model') return 'the model that was in use';
  return numMembers === 1 ? 'a head on the whole network' : `${count(numMembers, 'head')} on the whole network`;
}

function basis({ teacher, numTrain, numUnlabeled, numGone }: Distilled): string {
  const gone = numGone === 0 ? '' : ` ${count(numGone, 'picture')} could not be read again and ${numGone === 1 ? 'was' : 'were'} left out.`;
  return `Judged by the same ${count(teacher.accuracy.total, 'picture')}, from which neither the teacher nor the others have learned. ${count(numTrain, 'picture')} `
    + `with a class and ${numUnlabeled} without taught. Times are of the network alone, on one processor core of this device.${gone}`;
}

/** The smallest that is nearly as good, or what the least loss is. */
export function verdict({ numBlocks, teacher, students }: Distilled): string {
  const behind = ({ taught }: StudentView) => ratio(teacher.accuracy) - ratio(taught);
  const size = ({ cost }: StudentView) => `${percent(cost.numBytes / teacher.cost.numBytes)} of the size and ${percent(cost.millis / teacher.cost.millis)} of the time`;
  const called = (student: StudentView) => `The network with ${student.numBlocks} of ${count(numBlocks, 'block')}`;
  const near = students.filter((student) => behind(student) <= NEAR).at(-1);
  if (near) {
    const lag = behind(near);
    const compared = lag > 0 ? `only ${points(lag)} fewer right than its teacher` : 'as many right as its teacher or more';
    return `${called(near)} names ${compared}, with ${size(near)}.`;
  }
  const best = students.reduce<StudentView | null>((best, student) => (best && behind(best) <= behind(student) ? best : student), null);
  return best ? `Smaller costs accuracy here: ${called(best).replace('The', 'the')} comes nearest, naming ${points(behind(best))} fewer right with ${size(best)}.`
    : 'This network is too small to be cut.';
}

customElements.define('make-smaller', MakeSmaller);
