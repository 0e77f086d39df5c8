/** Setting up an authenticator app, after the password was typed once more. */

import { request } from './api.js';
import { ApiError } from './http.js';
import { LinkButton, ViewHeading } from './parts.js';
import { address, go } from './router.js';
import { Empty, Loaded, sentence } from './states.js';
import { t } from './texts.js';
import { toast } from './toast.js';
import { html, useId, useResource, useState } from './view.js';

export const PASSWORD_AGAIN = `/sesion/entrar?para=segundo-factor&volver=${encodeURIComponent('/#/autenticador')}`;

export default function SecondFactor() {
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
