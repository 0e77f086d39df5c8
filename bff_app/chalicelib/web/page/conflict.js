/** Two people changed the same employee: shows both versions side by side, to choose from field by field. */

import { FIELDS, dateTime, show } from './fields.js';
import { ask } from './notices.js';
import { OWN } from './parts.js';
import { html } from './view.js';
import { t } from './view_texts.js';

/**
 * `base` is the row as this person opened it. Returns what to save, or null when that was postponed. What only one of
 * them changed is kept as changed; there is a question where both did.
 */
export async function resolveConflict(base, mine, theirs, actor, signal) {
  const isSame = ({ name }) => mine[name] === base[name];
  const merged = { ...mine, ...Object.fromEntries(FIELDS.filter(isSame).map(({ name }) => [name, theirs[name]])) };
  const differing = FIELDS.filter((field) => !isSame(field) && ![base[field.name], mine[field.name]].includes(theirs[field.name]));
  if (differing.length === 0) return merged;
  const { answer, close, data } = ask(
    t('conflict.title', { actor }),
    html`
      <p>${t('conflict.text', { when: dateTime(theirs.actualizado_en) })}</p>
      ${differing.map((field) => choice(field, mine[field.name], theirs[field.name], base[field.name], actor))}`,
    html`
      <button class="primary" value="save">${t('conflict.save')}</button>
      <button value="theirs">${t('conflict.theirs')}</button>
      <button>${t('conflict.later')}</button>`,
  );
  signal.addEventListener('abort', () => close(''), { once: true });
  const decision = await answer;
  if (!decision) return null;
  const chosen = data();
  if (decision === 'theirs') return theirs;
  const taken = differing.filter(({ name }) => chosen.get(name) === 'theirs');
  return { ...merged, ...Object.fromEntries(taken.map(({ name }) => [name, theirs[name]])) };
}

function choice(field, mine, theirs, before, actor) {
  return html`
    <fieldset>
      <legend>
        ${t(`field.${field.name}`)} <span class="muted" dir="auto">${t('conflict.before', { value: show(field, before) })}</span>
      </legend>
      ${Object.entries({ mine, theirs }).map(([whose, value]) => html`
        <label class="choice">
          <input type="radio" name=${field.name} value=${whose} checked=${whose === 'mine'} />
          <span class="muted">${whose === 'mine' ? t('conflict.mine') : actor}</span>
          <strong ...${OWN}>${show(field, value)}</strong>
        </label>`)}
    </fieldset>`;
}
