// @ts-check
/** Who am I, and the way out. */

import { endSession } from './api.js';
import { dropDrafts, hasDrafts } from './draft.js';
import { h, newId } from './element.js';
import { icon } from './icons.js';
import { removeNow } from './removal.js';
import { closeSession, currentRole, currentSession } from './session.js';
import { sentence } from './states.js';
import { t } from './texts.js';
import { toast } from './toast.js';

/** @returns {HTMLElement[]} for the side bar; nothing where nobody signs in */
export function accountEntries() {
  const session = currentSession();
  if (!session || session.demo) return [];
  return [
    h(
      'button',
      { type: 'button', class: 'setting account', onclick: showAccount },
      icon('person'),
      h('span', {}, displayName(session), h('span', { class: 'account-role' }, roleName())),
    ),
    h(
      'button',
      { type: 'button', class: 'setting sign-out', onclick: () => (hasDrafts() ? showAccount() : signOut(false)) },
      icon('leave'),
      h('span', {}, t('account.out')),
    ),
  ];
}

/** @param {import('./session.js').Session} session */
const displayName = ({ nombre, correo, usuario }) => nombre || correo || usuario;

const roleName = () => t(`role.${currentRole() || 'none'}`);

function showAccount() {
  const session = /** @type {import('./session.js').Session} */ (currentSession());
  const title = h('h2', { id: newId() }, displayName(session));
  const line = (/** @type {string} */ key, /** @type {string} */ value) =>
    h('div', {}, h('dt', {}, t(key)), h('dd', {}, value));
  const dialog = h(
    'dialog',
    { 'aria-labelledby': title.id },
    h(
      'form',
      { method: 'dialog' },
      title,
      h(
        'dl',
        { class: 'details' },
        line('account.user', session.correo || session.usuario),
        line('account.role', roleName()),
      ),
      hasDrafts() && h('p', { class: 'message warn' }, t('account.drafts')),
      h(
        'div',
        { class: 'actions' },
        h('button', { class: 'primary', value: 'here' }, icon('leave'), t('account.out')),
        h('button', { value: 'everywhere' }, t('account.outEverywhere')),
        h('button', { value: '' }, t('cancel')),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.addEventListener('close', () => {
    dialog.remove();
    if (dialog.returnValue) signOut(dialog.returnValue === 'everywhere');
  });
  dialog.showModal();
}

/** @param {boolean} everywhere */
async function signOut(everywhere) {
  try {
    if (!(await removeNow())) return; // who deleted somebody a moment ago meant it
    const next = await endSession({ everywhere });
    dropDrafts();
    closeSession();
    location.assign(next);
  } catch (error) {
    const { isNotSignedIn } = /** @type {import('./http.js').ApiError} */ (error);
    toast(isNotSignedIn ? t('account.alreadyOut') : `${t('account.notOut')} ${sentence(/** @type {any} */ (error))}`, {
      kind: 'error',
    });
  }
}
