/** The keys that the page understands. */

import { ask } from './notices.js';
import { chooseShortcuts, hasShortcuts } from './preferences.js';
import { may } from './session.js';
import { html } from './view.js';
import { t } from './view_texts.js';

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
