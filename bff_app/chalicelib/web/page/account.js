// @ts-check
/** Who is signed in, and the way out. */

import { endSession } from './api.js';
import { answerButton, ask } from './dialog.js';
import { dropDrafts, hasDrafts } from './draft.js';
import { h } from './element.js';
import { fact, icon, labelled } from './parts.js';
import { removeNow } from './removal.js';
import { closeSession, currentRole, currentSession } from './session.js';
import { sentence } from './states.js';
import { t } from './texts.js';
import { toast } from './toast.js';

/** @typedef {import('./session.js').Session} Session */

/** @returns {HTMLElement[]} for the side bar; none in a demonstration, where nobody signs in */
export function accountEntries() {
  const session = currentSession();
  if (!session || session.demo) return [];
  const name = [displayName(session), h('span', { class: 'account-role' }, roleName())];
  const leave = () => (hasDrafts() ? showAccount() : signOut(false));
  return [
    h('button', { type: 'button', class: 'setting account', onclick: showAccount }, labelled('person', ...name)),
    h('button', { type: 'button', class: 'setting sign-out', onclick: leave }, labelled('leave', t('account.out'))),
  ];
}

/** @param {Session} session */
const displayName = ({ nombre, correo, usuario }) => nombre || correo || usuario;

const roleName = () => t(`role.${currentRole() || 'none'}`);

async function showAccount() {
  const session = /** @type {Session} */ (currentSession());
  const { answer } = ask(
    displayName(session),
    [
      h(
        'dl',
        { class: 'details' },
        fact(t('account.user'), session.correo || session.usuario),
        fact(t('account.role'), roleName()),
      ),
      hasDrafts() && h('p', { class: 'message warn' }, t('account.drafts')),
    ],
    [
      answerButton('here', [icon('leave'), t('account.out')], { class: 'primary' }),
      answerButton('everywhere', [t('account.outEverywhere')]),
      answerButton('', [t('cancel')]),
    ],
  );
  const where = await answer;
  if (where) await signOut(where === 'everywhere');
}

/** @param {boolean} everywhere */
async function signOut(everywhere) {
  try {
    if (!(await removeNow())) return; // deletions that wait for their undo are meant
    const next = await endSession({ everywhere });
    dropDrafts();
    closeSession();
    location.assign(next);
  } catch (error) {
    const failure = /** @type {import('./http.js').ApiError} */ (error);
    const reason = failure.isNotSignedIn ? t('account.alreadyOut') : `${t('account.notOut')} ${sentence(failure)}`;
    toast(reason, { kind: 'error' });
  }
}
