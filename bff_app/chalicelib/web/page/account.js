/** Who is signed in, and the way out. */

import { endSession, getOwnUser } from './api.js';
import { ask } from './dialog.js';
import { dropDrafts, hasDrafts } from './draft.js';
import { Facts, Icon, Labelled } from './parts.js';
import { address, go } from './router.js';
import { PASSWORD_AGAIN } from './second_factor.js';
import { closeSession, currentRole, currentSession, may } from './session.js';
import { sentence } from './states.js';
import { t } from './texts.js';
import { toast } from './toast.js';
import { html, useResource } from './view.js';

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
    [t('factor'), html`<${SecondFactor} />`],
  ];
  const { answer } = ask(
    displayName(session),
    html`
      <${Facts} class="details" facts=${facts} />
      ${hasDrafts() && html`<p class="message warn">${t('account.drafts')}</p>`}`,
    html`
      <button class="primary" value="here"><${Icon} name="leave" />${t('account.out')}</button>
      <button value="everywhere">${t('account.outEverywhere')}</button>
      <button value="factor">${t('account.factor')}</button>
      ${may('operate') && html`<button value="users">${t('account.users')}</button>`}
      <button>${t('cancel')}</button>`,
  );
  const where = await answer;
  if (where === 'users') go(address('usuarios'));
  else if (where === 'factor') location.assign(PASSWORD_AGAIN);
  else if (where) await signOut(where === 'everywhere');
}

function SecondFactor() {
  const { data } = useResource(getOwnUser, []);
  return data ? t(data.segundo_factor ? 'factor.on' : 'factor.off') : '…';
}

async function signOut(everywhere) {
  try {
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
