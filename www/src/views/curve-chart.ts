// Epochs in, two curves out: on the training samples and on the held-out ones.

import { html, LitElement, type PropertyValues } from 'lit';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { EpochMetrics } from '../protocol';
import { percent } from '../words';

const HEIGHT_PIXELS = 132;

class CurveChart extends LitElement {
  static override properties = {
    epochs: { attribute: false },
    num: { attribute: false },
    kind: {},
    unit: {},
  };
  declare epochs: EpochMetrics[];
  /** `epochs` grows in place; its length tells that it did. */
  declare num: number;
  declare kind: 'loss' | 'accuracy';
  /** What a point stands for. */
  declare unit: 'epoch' | 'step';

  private plot: uPlot | undefined;
  private readonly dark = matchMedia('(prefers-color-scheme: dark)');
  private readonly resized = new ResizeObserver(() => this.fit());
  private readonly recolor = () => this.build();

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.dark.addEventListener('change', this.recolor);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dark.removeEventListener('change', this.recolor);
    this.resized.disconnect();
    this.plot?.destroy();
    this.plot = undefined;
  }

  protected override render() {
    const last = this.epochs.at(-1);
    const title = this.kind === 'loss' ? 'Loss' : 'Accuracy';
    const [train, validation] = last ? this.numbers(last) : ['–', '–'];
    return html`
      <div class="curve-head">
        <strong>${title}</strong>
        <span class="key train">training <b class="digits">${train}</b></span>
        <span class="key validation">held out <b class="digits">${validation}</b></span>
      </div>
      <div class="curve" role="img" aria-label=${`${title} after each ${this.unit}: now ${train} in training, ${validation} on held-out pictures`}></div>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (!this.plot) this.build();
    else if (changed.has('num') || changed.has('epochs')) this.plot.setData(this.data());
  }

  private numbers(metrics: EpochMetrics): [string, string] {
    return this.kind === 'loss'
      ? [metrics.trainLoss.toFixed(3), metrics.validationLoss.toFixed(3)]
      : [percent(metrics.trainAccuracy), percent(metrics.validationAccuracy)];
  }

  private data(): uPlot.AlignedData {
    const loss = this.kind === 'loss';
    return [
      this.epochs.map((metrics) => metrics.epoch),
      this.epochs.map((metrics) => (loss ? metrics.trainLoss : metrics.trainAccuracy)),
      this.epochs.map((metrics) => (loss ? metrics.validationLoss : metrics.validationAccuracy)),
    ];
  }

  private build(): void {
    const box = this.querySelector<HTMLElement>('.curve');
    if (!box) return;
    this.plot?.destroy();
    this.plot = new uPlot(this.options(box.clientWidth || 300), this.data(), box);
    this.resized.observe(box);
  }

  private options(width: number): uPlot.Options {
    const style = getComputedStyle(this);
    const color = (name: string) => style.getPropertyValue(name).trim();
    const axis = {
      stroke: color('--ink-soft'),
      font: `11px ${style.fontFamily}`,
      grid: { stroke: color('--line'), width: 1 },
      ticks: { show: false },
    };
    const accuracy = this.kind === 'accuracy';
    return {
      width,
      height: HEIGHT_PIXELS,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 8, 0, 0],
      scales: { x: { time: false }, y: { range: accuracy ? [0, 1] : (_, __, max) => [0, (max || 1) * 1.05] } },
      axes: [
        { ...axis, grid: { show: false }, size: 22, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
        { ...axis, size: 40, values: (_, ticks) => ticks.map((tick) => (accuracy ? `${Math.round(tick * 100)}%` : String(tick))) },
      ],
      series: [
        {},
        { stroke: color('--curve-train'), width: 1.5, points: { show: false } },
        { stroke: color('--curve-validation'), width: 2.5, points: { show: false } },
      ],
    };
  }

  private fit(): void {
    const width = this.querySelector<HTMLElement>('.curve')?.clientWidth;
    if (width) this.plot?.setSize({ width, height: HEIGHT_PIXELS });
  }
}

customElements.define('curve-chart', CurveChart);
