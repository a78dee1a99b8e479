// What an empty page says.

import { html } from 'lit';
import { app } from '../app';
import { folder, grafting, picture } from './icons';
import { pickButton } from './pick';
import { View } from './view';

class Welcome extends View {
  protected readonly watches = [] as const;

  protected override render() {
    return html`
      <section class="welcome" data-drop="page">
        <div class="welcome-words">
          <h2>Drop folders of pictures here, one folder for each thing, and this page learns to tell them apart.</h2>
          <div class="buttons">
            ${pickButton({
              label: 'Choose a folder', icon: folder, folder: true, className: 'primary', testid: 'pick-folder',
              onPick: (files) => void app.addFiles(files),
            })}
            ${pickButton({
              label: 'Choose pictures or a zip', icon: picture, testid: 'pick-files',
              onPick: (files) => void app.addFiles(files),
            })}
          </div>
          <p class="or">
            No pictures at hand?
            <button type="button" class="link" data-testid="sample-set" @click=${() => app.addSampleSet()}>
              Try it with a sample set</button>
          </p>
          <p class="quiet">A project or model you have downloaded can be dropped here too, to go on with it; so can a project of
            Teachable Machine.</p>
        </div>
        ${grafting}
      </section>
      <ol class="steps">
        <li><h3>Classes</h3><p>Sort pictures into classes. Twenty of each is a good start; five already work.</p></li>
        <li><h3>Train</h3><p>A few seconds on this computer. Some pictures are held back to test what was learned.</p></li>
        <li><h3>Try it</h3><p>Show it a new photo or your webcam, then take the model home.</p></li>
      </ol>`;
  }
}

customElements.define('graft-welcome', Welcome);
