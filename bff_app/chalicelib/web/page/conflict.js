// @ts-check
/** Two people changed one row: shows both versions beside each other, and lets the person choose field by field. */

import { h, newId } from './element.js';
import { FIELDS, show } from './fields.js';
import { dateTime } from './format.js';
import { t } from './texts.js';

/** @typedef {import('./api.js').Employee} Employee */
/** @typedef {import('./api.js').Values} Values */
/** @typedef {import('./fields.js').Field} Field */
/** @typedef {{kind: 'save', values: Values} | {kind: 'later'}} Choice */

/**
 * @param {Employee} base the row as this person opened it
 * @param {Values} mine what this person wants to save
 * @param {Employee} theirs the row as it is now
 * @param {AbortSignal} signal closes the dialog
 * @returns {Promise<Choice>}
 */
export function resolveConflict(base, mine, theirs, signal) {
  const now = /** @type {Record<string, any>} */ (theirs);
  const before = /** @type {Record<string, any>} */ (base);
  const differing = FIELDS.filter(({ name }) => mine[name] !== now[name]);
  const title = h('h2', { id: newId(), tabindex: '-1', autofocus: true }, t('conflict.title'));
  const rows = differing.map((field) => choiceRow(field, mine[field.name], now[field.name], before[field.name]));
  const form = h(
    'form',
    { method: 'dialog' },
    title,
    h('p', {}, t('conflict.text', { when: dateTime(theirs.actualizado_en) })),
    h('div', { class: 'conflict-rows' }, ...rows),
    h(
      'div',
      { class: 'actions' },
      h('button', { class: 'primary', value: 'save' }, t('conflict.save')),
      h('button', { value: 'theirs', formnovalidate: true }, t('conflict.theirs')),
      h('button', { value: 'later', formnovalidate: true }, t('conflict.later')),
    ),
  );
  const dialog = h('dialog', { class: 'conflict', 'aria-labelledby': title.id }, form);
  document.body.append(dialog);
  dialog.showModal();
  signal.addEventListener('abort', () => dialog.close('later'), { once: true });
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(decide(dialog.returnValue, new FormData(form), differing, mine, now));
    });
  });
}

/**
 * @param {string} answer `save`, `theirs`, or anything else for later (Escape gives none)
 * @param {FormData} chosen
 * @param {Field[]} differing
 * @param {Values} mine
 * @param {Record<string, any>} now
 * @returns {Choice}
 */
function decide(answer, chosen, differing, mine, now) {
  if (answer !== 'save' && answer !== 'theirs') return { kind: 'later' };
  const values = { ...mine };
  for (const { name } of differing) {
    if (answer === 'theirs' || chosen.get(name) === 'theirs') values[name] = now[name];
  }
  return { kind: 'save', values };
}

/**
 * Who alone changed a field is taken at his word; where both did, mine is only the suggestion.
 *
 * @param {Field} field
 * @param {any} mine
 * @param {any} theirs
 * @param {any} before
 */
function choiceRow(field, mine, theirs, before) {
  const suggestion = mine === before ? 'theirs' : 'mine';
  const option = (/** @type {'mine' | 'theirs'} */ whose, /** @type {any} */ value) =>
    h(
      'label',
      { class: 'choice' },
      h('input', { type: 'radio', name: field.name, value: whose, checked: suggestion === whose }),
      h('span', { class: 'muted' }, t(`conflict.${whose}.label`)),
      h('strong', {}, show(field, value)),
    );
  return h(
    'fieldset',
    {},
    h(
      'legend',
      {},
      t(`field.${field.name}`),
      ' ',
      h('span', { class: 'muted' }, t('conflict.before', { value: show(field, before) })),
    ),
    option('mine', mine),
    option('theirs', theirs),
  );
}
