/** Who may sign in, for administrators: invite, change a role, remove. */

import { everyRow } from './api.js';
import { ask, confirm, tell } from './notices.js';
import { Button, Loaded, Select, ViewHeading } from './parts.js';
import { currentSession, recoverSession, request } from './session.js';
import { t } from './texts.js';
import { html, useId, useRef, useResource } from './view.js';

const roleOptions = () => ['lector', 'rrhh', 'admin'].map((role) => [role, t(`role.${role}`)]);

export default function Users() {
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
