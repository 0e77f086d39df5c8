/** The keys that the page understands. */

import './view_texts.js';
import { ask } from './dialog.js';
import { chooseShortcuts, hasShortcuts } from './preferences.js';
import { may } from './session.js';
import { t } from './texts.js';
import { html } from './view.js';

const KEYS = { search: ['/'], only: ['Enter'], new: ['n'], undo: ['u'], rows: ['↑', '↓'], inRow: ['←', '→'], close: ['Esc'], help: ['?'] };

export function showShortcuts() {
  const lines = Object.entries(KEYS).filter(([name]) => name !== 'new' || may('write'));
  ask(
    t('shortcuts.title'),
    html`
      <dl class="details">
        ${lines.map(([name, keys]) => html`
          <div><dt>${keys.map((key) => html`<kbd>${key}</kbd> `)}</dt><dd>${t(`shortcuts.${name}`)}</dd></div>`)}
      </dl>
      <label class="check">
        <input type="checkbox" checked=${hasShortcuts()} onChange=${({ target }) => chooseShortcuts(target.checked)} />
        ${t('shortcuts.on')}
      </label>`,
    html`<button class="primary">${t('close')}</button>`,
  );
}
