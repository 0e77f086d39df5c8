/** Who is signed in, and the way out. */

import { endSession } from './api.js';
import { ask } from './dialog.js';
import { dropDrafts, hasDrafts } from './draft.js';
import { Facts, Icon, Labelled } from './parts.js';
import { removeNow } from './removal.js';
import { closeSession, currentRole, currentSession } from './session.js';
import { sentence } from './states.js';
import { t } from './texts.js';
import { toast } from './toast.js';
import { html } from './view.js';

/** For the side bar; nothing in a demonstration, where nobody signs in. */
export default function Account() {
  const session = currentSession();
  if (!session || session.demo) return null;
  const leave = () => (hasDrafts() ? showAccount() : signOut(false));
  return html`
    <button type="button" class="setting account" onClick=${showAccount}>
      <${Labelled} icon="person">${displayName(session)}<span class="account-role">${roleName()}</span><//>
    </button>
    <button type="button" class="setting sign-out" onClick=${leave}>
      <${Labelled} icon="leave">${t('account.out')}<//>
    </button>`;
}

const displayName = ({ nombre, correo, usuario }) => nombre || correo || usuario;

const roleName = () => t(`role.${currentRole() || 'none'}`);

async function showAccount() {
  const session = (currentSession());
  const facts = [
    [t('account.user'), session.correo || session.usuario],
    [t('account.role'), roleName()],
  ];
  const { answer } = ask(
    displayName(session),
    html`
      <${Facts} class="details" facts=${facts} />
      ${hasDrafts() && html`<p class="message warn">${t('account.drafts')}</p>`}`,
    html`
      <button class="primary" value="here"><${Icon} name="leave" />${t('account.out')}</button>
      <button value="everywhere">${t('account.outEverywhere')}</button>
      <button>${t('cancel')}</button>`,
  );
  const where = await answer;
  if (where) await signOut(where === 'everywhere');
}

async function signOut(everywhere) {
  try {
    if (!(await removeNow())) return; // deletions that wait for their undo are meant
    const next = await endSession({ everywhere });
    dropDrafts();
    closeSession();
    location.assign(next);
  } catch (error) {
    const failure = error;
    const reason = failure.isNotSignedIn ? t('account.alreadyOut') : `${t('account.notOut')} ${sentence(failure)}`;
    toast(reason, { kind: 'error' });
  }
}
