// @ts-check
/** Two people changed the same employee: shows both versions side by side, to choose from field by field. */

import { answerButton, ask } from './dialog.js';
import { h } from './element.js';
import { FIELDS, show } from './fields.js';
import { dateTime } from './format.js';
import { t } from './texts.js';

/** @typedef {import('./api.js').Employee} Employee */
/** @typedef {import('./api.js').Values} Values */
/** @typedef {{kind: 'save', values: Values} | {kind: 'later'}} Choice */

/**
 * @param {Employee} base the row as this person opened it
 * @param {Values} mine what this person wants to save
 * @param {Employee} theirs the row as it is now
 * @param {AbortSignal} signal closes the dialog
 * @returns {Promise<Choice>}
 */
export async function resolveConflict(base, mine, theirs, signal) {
  const now = /** @type {Record<string, any>} */ (theirs);
  const before = /** @type {Record<string, any>} */ (base);
  const differing = FIELDS.filter(({ name }) => mine[name] !== now[name]);
  const { answer, close, data } = ask(
    t('conflict.title'),
    [
      h('p', {}, t('conflict.text', { when: dateTime(theirs.actualizado_en) })),
      ...differing.map((field) => choiceRow(field, mine[field.name], now[field.name], before[field.name])),
    ],
    [
      answerButton('save', [t('conflict.save')], { class: 'primary' }),
      answerButton('theirs', [t('conflict.theirs')]),
      answerButton('later', [t('conflict.later')]),
    ],
  );
  signal.addEventListener('abort', () => close('later'), { once: true });
  const decision = await answer;
  if (decision !== 'save' && decision !== 'theirs') return { kind: 'later' };
  const chosen = data();
  const values = { ...mine };
  for (const { name } of differing) {
    if (decision === 'theirs' || chosen.get(name) === 'theirs') values[name] = now[name];
  }
  return { kind: 'save', values };
}

/**
 * A field that only one of them changed is suggested as changed; where both did, mine is suggested.
 *
 * @param {import('./fields.js').Field} field
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
  const was = h('span', { class: 'muted' }, t('conflict.before', { value: show(field, before) }));
  return h(
    'fieldset',
    {},
    h('legend', {}, t(`field.${field.name}`), ' ', was),
    option('mine', mine),
    option('theirs', theirs),
  );
}
