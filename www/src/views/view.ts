// What every view is: a custom element without a shadow, redrawn when the state it watches changes.

import { LitElement } from 'lit';
import { type Key, type State, store } from '../store';

export abstract class View extends LitElement {
  /** The parts of the state this view is drawn from. */
  protected abstract readonly watches: readonly Key[];
  private unsubscribe = () => {};

  protected get state(): Readonly<State> {
    return store.state;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.unsubscribe = store.subscribe((changed) => {
      if (this.concerns(changed)) this.requestUpdate();
    });
  }

  /** Whether what has changed may show here. */
  protected concerns(changed: ReadonlySet<Key>): boolean {
    return this.watches.some((key) => changed.has(key));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.unsubscribe();
  }

  /** One document, one style sheet, and labels that may refer across views. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
