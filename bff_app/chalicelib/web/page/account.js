/** Accounts: who is signed in and the way out, an authenticator app, and for administrators all who may sign in. */

import { everyRow, get } from './api.js';
import { ApiError } from './http.js';
import { forgetAll, hasDrafts } from './memory.js';
import { ask, confirm, tell, toast } from './notices.js';
import { Button, Empty, Facts, LinkButton, Loaded, Select, ViewHeading, sentence } from './parts.js';
import { address, go } from './router.js';
import { closeSession, currentRole, currentSession, may, recoverSession, request } from './session.js';
import { t } from './texts.js';
import { html, useId, useRef, useResource, useState } from './view.js';

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

const roleOptions = () => ['lector', 'rrhh', 'admin'].map((role) => [role, t(`role.${role}`)]);

export function Users() {
  const users = useResource((signal) => everyRow('/usuarios', {}, signal), []);
  const running = useRef(new Set());
  /** A double click acts once; another action does not wait. @param name of the action and its user */
  const act = async (name, work, done) => {
    if (running.current.has(name)) return false;
    running.current.add(name);
    const isDone = await tell(work, done);
    running.current.delete(name);
    users.reload();
    return isDone;
  };
  return html`
    <${ViewHeading} title=${t('view.usuarios')} />
    <div class="operations">
      <${Invitation} act=${act} />
      <section class="card" aria-label=${t('users.list')}>
        <${Loaded} from=${users} lines=${4}>${(rows) => list(rows, act)}<//>
      </section>
    </div>`;
}

function Invitation({ act }) {
  const id = useId();
  const invite = async (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const { email, rol } = Object.fromEntries(new FormData(form));
    if (await act('invite', () => request('POST', '/usuarios', { body: { email, rol } }), t('users.invited', { email }))) form.reset();
  };
  return html`
    <section class="card" aria-labelledby=${id}>
      <h2 id=${id}>${t('users.invite')}</h2>
      <p>${t('users.invite.text')}</p>
      <form class="invitation" onSubmit=${invite}>
        <label class="field">${t('field.email')}<input name="email" type="email" required maxlength="254" autocomplete="off" /></label>
        <label class="field">${t('account.role')}<${Select} name="rol" options=${roleOptions()} choose=${() => undefined} /></label>
        <button class="primary">${t('users.invite')}</button>
      </form>
    </section>`;
}

const list = (rows, act) => html`<ul class="users">${rows.map((user) => html`<${User} key=${user.id} user=${user} act=${act} />`)}</ul>`;

function User({ user, act }) {
  const facts = [t(`role.${user.rol ?? 'none'}`), t(`users.state.${user.estado}`), t(user.segundo_factor ? 'users.factor' : 'users.noFactor')];
  const isWaiting = ['invitado', 'caducado'].includes(user.estado);
  const again = () => act(`again ${user.id}`, () => request('POST', `/usuarios/${user.id}/reenviar`), t('users.invited', user));
  return html`
    <li>
      <div><strong>${user.email}</strong><p class="muted">${facts.join(' · ')}</p></div>
      <div class="actions">
        ${isWaiting && html`
          <${Button} class="quiet" aria-label=${t('users.again.of', user)} onClick=${again}>${t('users.again')}<//>`}
        <${Button} class="quiet" aria-label=${t('users.change.of', user)} onClick=${() => change(user, act)}>${t('users.change')}<//>
        <${Button} class="quiet" aria-label=${t('users.remove.of', user)} onClick=${() => remove(user, act)}>${t('users.remove')}<//>
      </div>
    </li>`;
}

async function change(user, act) {
  const choice = ([role, label]) => html`
    <label class="check"><input type="radio" name="rol" value=${role} checked=${role === user.rol} />${label}</label>`;
  const { answer, data } = ask(
    t('users.change.of', user),
    html`<fieldset><legend>${t('account.role')}</legend>${roleOptions().map(choice)}</fieldset>`,
    html`<button class="primary" value="yes">${t('users.change')}</button><button>${t('cancel')}</button>`,
  );
  if ((await answer) !== 'yes') return;
  const role = data().get('rol');
  if (!role || role === user.rol) return;
  const isDone = await act(`change ${user.id}`, () => request('PUT', `/usuarios/${user.id}`, { body: { rol: role } }), `${user.email}: ${t(`role.${role}`)}.`);
  if (isDone && user.email === currentSession().usuario && (await recoverSession(performance.now()))) location.reload();
}

async function remove(user, act) {
  if (!(await confirm(t('users.remove.of', user), t('users.remove.text'), t('users.remove'), 'danger'))) return;
  await act(`remove ${user.id}`, () => request('DELETE', `/usuarios/${user.id}`), t('users.removed', user));
}
