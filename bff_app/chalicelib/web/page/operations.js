/** How the system is: its parts, the queue, and the last e-mails. */

import { MailState } from './activity.js';
import { getHealth, getQueue, listMails, redrive } from './api.js';
import { ask } from './dialog.js';
import { count, dateTime, duration } from './format.js';
import { Button, Facts, Icon, PlainTable, Select, ViewHeading } from './parts.js';
import { address, go } from './router.js';
import { Loaded, sentence } from './states.js';
import { t } from './texts.js';
import { toast } from './toast.js';
import { html, useId, useLayoutEffect, useResource, useState } from './view.js';

const REFRESH_MS = 5000;
const STATES = ['pendiente', 'enviando', 'incierto', 'enviado', 'entregado', 'rebotado', 'queja', 'fallido'];

export default function Operations({ route }) {
  const state = route.query.get('estado') ?? '';
  const health = useResource(getHealth, []);
  const queue = useResource(getQueue, []);
  const mails = useResource((signal) => listMails(state ? { estado: state } : {}, signal), [state]);
  const refresh = () => [health, queue, mails].forEach(({ reload }) => reload());
  const [isAutomatic, setAutomatic] = useState(true);
  useLayoutEffect(() => {
    if (!isAutomatic) return;
    const timer = setInterval(() => document.visibilityState === 'visible' && refresh(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [isAutomatic]);
  return html`
    <${ViewHeading} title=${t('view.operacion')}>
      <label class="check">
        <input type="checkbox" checked=${isAutomatic} onChange=${() => setAutomatic(!isAutomatic)} />
        ${t('operations.automatic')}
      </label>
      <${Button} icon="refresh" onClick=${refresh}>${t('refresh')}<//>
    <//>
    <div class="operations">
      <${Section} title=${t('operations.health')} from=${health} lines=${3}>${healthList}<//>
      <${Section} title=${t('operations.queue')} from=${queue} lines=${3}>
        ${(queues) => queueState(queues, refresh)}
      <//>
      <${Section} title=${t('operations.mails')} from=${mails} lines=${6} control=${stateFilter(state)}>
        ${({ rows }) => mailTable(rows)}
      <//>
    </div>`;
}

function Section({ title, control, children, ...loaded }) {
  const id = useId();
  return html`
    <section class="card" aria-labelledby=${id}>
      <div class="section-heading"><h2 id=${id}>${title}</h2>${control}</div>
      <${Loaded} ...${loaded}>${children}<//>
    </section>`;
}

function healthList(parts) {
  const all = Object.entries({ bff: { estado: 'ok', http: 200, ms: null }, ...parts });
  const line = ([name, { estado, http, ms }]) => {
    const isWell = estado === 'ok';
    return html`
      <li class=${isWell ? 'good' : 'bad'} key=${name}>
        <${Icon} name=${isWell ? 'check' : 'warning'} />
        <span class="part-name">${t(`part.${name}`)}</span>
        <span>
          ${isWell ? t('operations.well') : t('operations.unwell', { status: http ?? t('operations.noAnswer') })}
          ${ms !== null && html`<span class="muted"> · ${ms} ms</span>`}
        </span>
      </li>`;
  };
  return html`<ul class="parts">${all.map(line)}</ul>`;
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
      <div class="message warn redrive">
        <p>${t('operations.dead.text', { n })}</p>
        <${Button} class="primary" icon="undo" onClick=${() => confirmRedrive(n, refresh)}>${t('operations.redrive')}<//>
      </div>`}`;
}

async function confirmRedrive(n, refresh) {
  const { answer } = ask(
    t('operations.redrive'),
    html`<p>${t('operations.redrive.text', { n })}</p>`,
    html`<button class="primary" value="yes">${t('operations.redrive.yes')}</button><button>${t('cancel')}</button>`,
  );
  if ((await answer) !== 'yes') return;
  try {
    const { reenviados, quedan } = await redrive();
    toast(t('operations.redrive.done', { n: reenviados, left: quedan }));
  } catch (error) {
    toast(sentence(error), { kind: 'error' });
  }
  refresh();
}

const stateFilter = (chosen) => html`
  <${Select} aria-label=${t('operations.filter')} value=${chosen}
    choose=${(estado) => go(address('operacion', estado ? { estado } : {}))}
    options=${[['', t('operations.everyState')], ...STATES.map((state) => [state, t(`mail.${state}`)])]} />`;

function mailTable(mails) {
  if (mails.length === 0) return html`<p class="muted">${t('operations.noMails')}</p>`;
  const columns = ['operations.when', 'operations.to', 'operations.subject', 'operations.state'].map((key) => ({ title: t(key) }));
  const rows = mails.map(({ creado_en, destinatario, asunto, empleado, estado, motivo }) => [
    html`<time datetime=${creado_en}>${dateTime(creado_en)}</time>`,
    destinatario ?? t('erased'),
    empleado
      ? html`<a href=${address('empleados', {}, { kind: 'ver', id: String(empleado) })}>${asunto ?? t('erased')}</a>`
      : (asunto ?? t('erased')),
    html`<${MailState} state=${estado} />${motivo && html`<span class="muted"> ${motivo}</span>`}`,
  ]);
  return html`<${PlainTable} label=${t('operations.mails')} columns=${columns} rows=${rows} />`;
}
