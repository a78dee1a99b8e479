// The data as a whole: how healthy it is, and a map of it.

import { html } from 'lit';
import { watchHealth } from '../health-watch';
import { View } from './view';
import './health-report';
import './sample-map';

class DataPanel extends View {
  protected readonly watches = [] as const;
  private stopWatching = () => {};

  override connectedCallback(): void {
    super.connectedCallback();
    this.stopWatching = watchHealth();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopWatching();
  }

  protected override render() {
    return html`
      <div class="panel-head"><h2 id="data" tabindex="-1">Your data</h2></div>
      <health-report></health-report>
      <sample-map></sample-map>`;
  }
}

customElements.define('data-panel', DataPanel);
