/** The way in: the screen before signing in, and the dialog for a session that ends in the middle of the work. */

import { ApiError, send } from './http.js';
import { ask, toast } from './notices.js';
import { Icon, LinkButton } from './parts.js';
import { continueSession, sessions } from './session.js';
import { t } from './texts.js';
import { html } from './view.js';

const OUTCOMES = ['rechazada', 'cancelada', 'servicio'];

const signInAddress = (place) => `/sesion/entrar?volver=${encodeURIComponent(`/${place}`)}`;

/** `outcome` of the last attempt comes from the address, so that anything may stand there. */
export default function SignIn({ outcome, children }) {
  return html`
    <main class="door">
      <section class="card door-card">
        <${Icon} name="people" />
        <h1>${t('app.name')}</h1>
        ${OUTCOMES.includes(outcome) && html`
          <div class="message bad" role="alert"><h2>${t('signIn.failed')}</h2><p>${t(`signIn.${outcome}`)}</p></div>`}
        <p>${t('signIn.text')}</p>
        <${LinkButton} class="primary" icon="enter" href=${signInAddress(location.hash)}>${t('signIn')}<//>
      </section>
      <div class="actions">${children}</div>
    </main>`;
}

let asking = null;

export function askToSignIn() {
  asking ??= askOnce().finally(() => (asking = null));
  return asking;
}

/** Signing in happens in a new tab, so that this one keeps its forms, chosen files and open dialogs. */
async function askOnce() {
  const { answer, close } = ask(
    t('session.over'),
    html`<p>${t('session.over.text')}</p>`,
    html`
      <${LinkButton} class="primary" icon="enter" href=${signInAddress('#/listo')} target="_blank" rel="noopener">
        ${t('signIn')}
      <//>
      <button>${t('session.later')}</button>`,
  );
  const life = new AbortController();
  const { signal } = life;
  sessions.addEventListener('open', look, { signal });
  addEventListener('focus', look, { signal });
  const isOpen = (await answer) === 'open';
  life.abort();
  if (isOpen) toast(t('session.open'));
  return isOpen;

  async function look() {
    try {
      if (continueSession((await send('GET', '/sesion', { signal })).data)) close('open');
    } catch (error) {
      if (error instanceof ApiError || signal.aborted) return; // not yet
      throw error;
    }
  }
}
