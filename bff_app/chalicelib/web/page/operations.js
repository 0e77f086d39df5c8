/** How the system is: its parts, the queue of e-mails, and the messages that could not be processed. */

import { get } from './api.js';
import { count, dateTime, duration } from './fields.js';
import { ApiError } from './http.js';
import { confirm, tell } from './notices.js';
import { Button, Facts, Loaded, PlainTable, ViewHeading } from './parts.js';
import { address } from './router.js';
import { request } from './session.js';
import { html, useId, useLayoutEffect, useResource, useState } from './view.js';
import { t } from './view_texts.js';

const REFRESH_MS = 5000;

/** The parts behind the page, well or not. */
async function getHealth(signal) {
  try {
    return (await get('/health?deep=1', signal)).partes;
  } catch (error) {
    if (error instanceof ApiError && error.document.partes) return error.document.partes;
    throw error;
  }
}

export default function Operations() {
  const health = useResource(getHealth, []);
  const queue = useResource((signal) => get('/cola', signal), []);
  const letters = useResource((signal) => get('/cola/fallidos', signal), []);
  const refresh = (parts = [health, queue, letters]) => parts.forEach(({ reload }) => reload());
  const settle = async (method, path, done) => {
    await tell(() => request(method, `/cola/fallidos/${path}`), done, { gone: t('dead.gone') });
    refresh();
  };
  const [isAutomatic, setAutomatic] = useState(true);
  useLayoutEffect(() => {
    if (!isAutomatic) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && refresh([health, queue]), REFRESH_MS);
    return () => clearInterval(timer);
  }, [isAutomatic]);
  return html`
    <${ViewHeading} title=${t('view.operacion')}>
      <label class="check">
        <input type="checkbox" checked=${isAutomatic} onChange=${() => setAutomatic(!isAutomatic)} />
        ${t('operations.automatic')}
      </label>
      <${Button} icon="refresh" onClick=${() => refresh()}>${t('refresh')}<//>
    <//>
    <div class="operations">
      <${Section} title=${t('operations.health')} from=${health} lines=${3}>${healthList}<//>
      <${Section} title=${t('operations.queue')} from=${queue} lines=${3}>
        ${(queues) => queueState(queues, refresh)}
      <//>
      ${letters.data?.length > 0 && html`
        <${Section} title=${t('operations.dead')} from=${letters} lines=${3}>${(found) => deadLetterTable(found, settle)}<//>`}
    </div>`;
}

function Section({ title, children, ...loaded }) {
  const id = useId();
  return html`
    <section class="card" aria-labelledby=${id}>
      <h2 id=${id}>${title}</h2>
      <${Loaded} ...${loaded}>${children}<//>
    </section>`;
}

function healthList(parts) {
  const all = Object.entries({ bff: { estado: 'ok', http: 200, ms: null }, ...parts });
  const state = ({ estado, http, ms }) =>
    estado === 'ok'
      ? [t('operations.well'), ms !== null && `${ms} ms`].filter(Boolean).join(' · ')
      : html`<strong class="badge bad">${t('operations.unwell', { status: http ?? t('operations.noAnswer') })}</strong>`;
  return html`<${Facts} class="details" facts=${all.map(([name, part]) => [t(`part.${name}`), state(part)])} />`;
}

function queueState({ cola, fallidos }, refresh) {
  const n = fallidos.visibles;
  const facts = [
    [t('operations.waiting'), count(cola.visibles)],
    [t('operations.inFlight'), count(cola.en_proceso)],
    [t('operations.oldest'), cola.edad_maxima === null ? '—' : duration(cola.edad_maxima)],
    [t('operations.dead'), count(n)],
  ];
  return html`
    <${Facts} class="tiles" facts=${facts} />
    ${n > 0 && html`
      <div class="message warn">
        <p>${t('operations.dead.text', { n })}</p>
        <${Button} class="primary" icon="undo" onClick=${() => confirmRedrive(n, refresh)}>${t('operations.redrive')}<//>
      </div>`}`;
}

async function confirmRedrive(n, refresh) {
  if (!(await confirm(t('operations.redrive'), t('operations.redrive.text', { n }), t('operations.redrive.yes')))) return;
  const redrive = async () => (await request('POST', '/cola/reenviar')).data;
  await tell(redrive, ({ reenviados, quedan }) => t('operations.redrive.done', { n: reenviados, left: quedan }));
  refresh();
}

/** Messages that could not be processed, one by one. */
const deadLetterTable = (letters, settle) => html`
  <${PlainTable} label=${t('operations.dead')} columns=${['dead.when', 'dead.about', 'dead.why', 'dead.tries', 'list.actions'].map((key) => ({ title: t(key) }))}
    rows=${letters.map((letter) => [
      html`<time datetime=${letter.recibido_en}>${dateTime(letter.recibido_en)}</time>`,
      letter.empleado
        ? html`<a href=${address('empleados', {}, { kind: 'ver', id: String(letter.empleado) })}>${t('dead.event', { id: letter.empleado })}</a>`
        : '—',
      t(`dead.${letter.motivo}`),
      count(letter.intentos),
      html`
        <div class="actions">
          <${Button} class="quiet" onClick=${() => settle('POST', `${letter.id}/reenviar`, t('dead.resent'))}>${t('operations.redrive.yes')}<//>
          <${Button} class="quiet" onClick=${() => settle('DELETE', letter.id, t('dead.dropped'))}>${t('dead.drop')}<//>
        </div>`,
    ])} />`;
