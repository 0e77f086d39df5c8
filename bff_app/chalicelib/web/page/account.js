/** Who is signed in, what belongs to the account, and the way out. */

import { get } from './api.js';
import { ApiError } from './http.js';
import { forgetAll, hasDrafts } from './memory.js';
import { confirm, toast } from './notices.js';
import { Button, Empty, Facts, LinkButton, Loaded, ViewHeading, sentence } from './parts.js';
import { address, go } from './router.js';
import { closeSession, currentRole, currentSession, may, request } from './session.js';
import { t } from './texts.js';
import { html, useId, useResource, useState } from './view.js';

/** In the menu of the person; nothing in a demonstration, where no one signs in. */
export default function Account({ children }) {
  const { demo, correo, usuario } = currentSession();
  const { data: own } = useResource(async (signal) => demo || get('/usuarios/yo', signal), []);
  if (demo) return children;
  const facts = [
    [t('account.user'), correo || usuario],
    [t('account.role'), t(`role.${currentRole() || 'none'}`)],
    [t('factor'), own ? t(own.segundo_factor ? 'users.factor' : 'users.noFactor') : '…'],
  ];
  return html`
    <${Facts} class="details" facts=${facts} />
    ${may('operate') && html`<a class="button" href=${address('usuarios')}>${t('view.usuarios')}</a>`}
    <a class="button" href=${PASSWORD_AGAIN}>${t('view.autenticador')}</a>
    ${children}
    <${Button} onClick=${() => leave('?todas=1')}>${t('account.outEverywhere')}<//>
    <${Button} onClick=${() => leave('')}>${t('account.out')}<//>`;
}

async function leave(which) {
  if (hasDrafts() && !(await confirm(t('account.out'), t('account.drafts'), t('account.out')))) return;
  try {
    const { data } = await request('POST', `/sesion/salir${which}`, { inTurn: true });
    forgetAll();
    closeSession();
    location.assign(data.ir_a);
  } catch (error) {
    toast(error.isNotSignedIn ? t('account.alreadyOut') : `${t('account.notOut')} ${sentence(error)}`, { kind: 'error' });
  }
}

const PASSWORD_AGAIN = `/sesion/entrar?para=segundo-factor&volver=${encodeURIComponent('/#/autenticador')}`;

export function SecondFactor() {
  const secret = useResource(async () => (await request('POST', '/sesion/segundo-factor')).data, []);
  return html`
    <${ViewHeading} title=${t('view.autenticador')} />
    <section class="card factor">
      ${secret.error?.isForbidden
        ? html`
          <${Empty} text=${t('factor.again')}>
            <${LinkButton} class="primary" icon="enter" href=${PASSWORD_AGAIN}>${t('factor.password')}<//>
          <//>`
        : html`<${Loaded} from=${secret} lines=${6}>${(data) => html`<${Steps} ...${data} />`}<//>`}
    </section>`;
}

function Steps({ secreto, direccion, imagen }) {
  const id = useId();
  const [wrong, setWrong] = useState('');
  const confirm = async (event) => {
    event.preventDefault();
    try {
      await request('PUT', '/sesion/segundo-factor', { body: { codigo: new FormData(event.currentTarget).get('codigo') } });
      toast(t('factor.done'));
      go(address('empleados'));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setWrong(error.errors[0]?.mensaje ?? sentence(error));
    }
  };
  return html`
    <p>${t('factor.scan')}</p>
    <svg class="qr" viewBox=${`0 0 ${imagen.lado} ${imagen.lado}`} role="img" aria-label=${t('factor.qr')}>
      <path d=${imagen.trazo} />
    </svg>
    <p><a href=${direccion}>${t('factor.open')}</a></p>
    <p>${t('factor.type')} <code>${secreto.replace(/(.{4})(?=.)/g, '$1 ')}</code></p>
    <form class="invitation" onSubmit=${confirm}>
      <label class="field">${t('factor.code')}
        <input name="codigo" required inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 ]{6,8}" maxlength="8"
          aria-invalid=${wrong ? 'true' : null} aria-describedby=${wrong ? id : null} />
      </label>
      <button class="primary">${t('factor.confirm')}</button>
    </form>
    <p id=${id} role="alert" class="field-error">${wrong}</p>`;
}
