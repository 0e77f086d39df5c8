/** Two people changed the same employee: shows both versions side by side, to choose from field by field. */

import { ask } from './dialog.js';
import { FIELDS, show } from './fields.js';
import { dateTime } from './format.js';
import { t } from './texts.js';
import { html } from './view.js';

/** `base` is the row as this person opened it. Returns what to save, or null when that was postponed. */
export async function resolveConflict(base, mine, theirs, signal) {
  const differing = FIELDS.filter(({ name }) => mine[name] !== theirs[name]);
  const { answer, close, data } = ask(
    t('conflict.title'),
    html`
      <p>${t('conflict.text', { when: dateTime(theirs.actualizado_en) })}</p>
      ${differing.map((field) => choice(field, mine[field.name], theirs[field.name], base[field.name]))}`,
    html`
      <button class="primary" value="save">${t('conflict.save')}</button>
      <button value="theirs">${t('conflict.theirs')}</button>
      <button>${t('conflict.later')}</button>`,
  );
  signal.addEventListener('abort', () => close(''), { once: true });
  const decision = await answer;
  if (!decision) return null;
  const chosen = data();
  const taken = differing.filter(({ name }) => decision === 'theirs' || chosen.get(name) === 'theirs');
  return { ...mine, ...Object.fromEntries(taken.map(({ name }) => [name, theirs[name]])) };
}

/** A field that only one of them changed is suggested as changed; where both did, mine is suggested. */
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
