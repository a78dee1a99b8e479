// The project's name and whether it is saved; opens the dialog about it.

import { html, nothing } from 'lit';
import { app } from '../app';
import type { ProjectState } from '../store';
import { check, tray, warning } from './icons';
import { View } from './view';

class ProjectStatus extends View {
  protected readonly watches = ['project', 'failure'] as const;

  protected override render() {
    const { project, failure } = this.state;
    if (failure) return nothing;
    const { saving, name, mark } = project;
    const troubled = ['stuck', 'elsewhere', 'unreadable', 'off'].includes(saving);
    return html`
      <button type="button" class="link project-status ${troubled ? 'troubled' : ''}" data-testid="project" data-saving=${saving}
        data-num-saved=${mark?.numSamples ?? 0} data-revision=${mark?.revision ?? 0} title=${project.trouble ?? nothing}
        @click=${() => app.showProjects(true)}>
        ${troubled ? warning : saving === 'saved' ? check : tray}
        <span>${name ? html`<span class="project-name">${name}</span>: ` : nothing}<span role=${troubled ? 'status' : nothing}>${words(project)}</span></span>
      </button>`;
  }
}

function words({ saving }: ProjectState): string {
  switch (saving) {
    case 'opening': return 'opening';
    case 'idle': return 'saved as you go';
    case 'saving': return 'saving…';
    case 'saved': return 'saved';
    case 'stuck': return 'not saved any more';
    case 'elsewhere': return 'not saved: open in another tab';
    case 'unreadable': return 'can\'t be opened';
    case 'off': return 'not saved here';
  }
}

customElements.define('project-status', ProjectStatus);
