// @ts-check
/** Two people changed the same employee: shows both versions side by side, to choose from field by field. */

import { ask } from './dialog.js';
import { FIELDS, show } from './fields.js';
import { dateTime } from './format.js';
import { t } from './texts.js';
import { html } from './view.js';

/** @typedef {import('./api.js').Employee} Employee */
/** @typedef {import('./api.js').Values} Values */

/**
 * @param {Employee} base the row as this person opened it
 * @param {Values} mine what this person wants to save
 * @param {Employee} theirs the row as it is now
 * @param {AbortSignal} signal closes the dialog
 * @returns {Promise<Values | null>} what to save; null when that was postponed
 */
export async function resolveConflict(base, mine, theirs, signal) {
  const now = /** @type {Record<string, any>} */ (theirs);
  const before = /** @type {Record<string, any>} */ (base);
  const differing = FIELDS.filter(({ name }) => mine[name] !== now[name]);
  const { answer, close, data } = ask(
    t('conflict.title'),
    html`
      <p>${t('conflict.text', { when: dateTime(theirs.actualizado_en) })}</p>
      ${differing.map((field) => choice(field, mine[field.name], now[field.name], before[field.name]))}`,
    html`
      <button class="primary" value="save">${t('conflict.save')}</button>
      <button value="theirs">${t('conflict.theirs')}</button>
      <button>${t('conflict.later')}</button>`,
  );
  signal.addEventListener('abort', () => close(''), { once: true });
  const decision = await answer;
  if (!decision) return null;
  const chosen = data();
  const isTheirs = (/** @type {string} */ name) => decision === 'theirs' || chosen.get(name) === 'theirs';
  return { ...mine, ...Object.fromEntries(differing.map(({ name }) => [name, isTheirs(name) ? now[name] : mine[name]])) };
}

/**
 * A field that only one of them changed is suggested as changed; where both did, mine is suggested.
 *
 * @param {import('./fields.js').Field} field
 * @param {any} mine
 * @param {any} theirs
 * @param {any} before
 */
function choice(field, mine, theirs, before) {
  const suggestion = mine === before ? 'theirs' : 'mine';
  return html`
    <fieldset>
      <legend>
        ${t(`field.${field.name}`)} <span class="muted">${t('conflict.before', { value: show(field, before) })}</span>
      </legend>
      ${Object.entries({ mine, theirs }).map(([whose, value]) => html`
        <label class="choice">
          <input type="radio" name=${field.name} value=${whose} checked=${suggestion === whose} />
          <span class="muted">${t(`conflict.${whose}.label`)}</span>
          <strong>${show(field, value)}</strong>
        </label>`)}
    </fieldset>`;
}
