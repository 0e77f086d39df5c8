/** Who is signed in, what belongs to the account, and the way out. */

import { get, request } from './api.js';
import { confirm } from './dialog.js';
import { dropDrafts, hasDrafts } from './draft.js';
import { Button, Facts } from './parts.js';
import { address } from './router.js';
import { PASSWORD_AGAIN } from './second_factor.js';
import { closeSession, currentRole, currentSession, may } from './session.js';
import { sentence } from './states.js';
import { t } from './texts.js';
import { toast } from './toast.js';
import { html, useResource } from './view.js';

/** In the menu of the person; nothing in a demonstration, where no one signs in. */
export default function Account({ children }) {
  const { demo, correo, usuario } = currentSession();
  const { data: own } = useResource(async (signal) => demo || get('/usuarios/yo', signal), []);
  if (demo) return children;
  const facts = [
    [t('account.user'), correo || usuario],
    [t('account.role'), t(`role.${currentRole() || 'none'}`)],
    [t('factor'), own ? t(own.segundo_factor ? 'factor.on' : 'factor.off') : '…'],
  ];
  return html`
    <${Facts} class="details" facts=${facts} />
    ${may('operate') && html`<a class="button" href=${address('usuarios')}>${t('account.users')}</a>`}
    <a class="button" href=${PASSWORD_AGAIN}>${t('account.factor')}</a>
    ${children}
    <${Button} onClick=${() => leave('?todas=1')}>${t('account.outEverywhere')}<//>
    <${Button} onClick=${() => leave('')}>${t('account.out')}<//>`;
}

async function leave(which) {
  if (hasDrafts() && !(await confirm(t('account.out'), t('account.drafts'), t('account.out')))) return;
  try {
    const { data } = await request('POST', `/sesion/salir${which}`, { inTurn: true });
    dropDrafts();
    closeSession();
    location.assign(data.ir_a);
  } catch (error) {
    toast(error.isNotSignedIn ? t('account.alreadyOut') : `${t('account.notOut')} ${sentence(error)}`, { kind: 'error' });
  }
}
