/** Events, newest first, with the state of each e-mail they caused: one employee's, those of all, and the e-mails alone. */

import { WHOLE, listEmployees, page } from './api.js';
import { FIELDS, count, dateTime, longDay, show, time } from './fields.js';
import { Button, Empty, Icon, LinkButton, Loaded, Menu, OWN, PlainTable, Select, ViewHeading } from './parts.js';
import { address, go } from './router.js';
import { PROBLEMS, pick } from './rows.js';
import { may } from './session.js';
import { Bound, filtersLabel } from './toolbar.js';
import { html, useLayoutEffect, usePages, useResource, useState } from './view.js';
import { TEXTS, t } from './view_texts.js';

const LOOKS = {
  creado: ['plus', 'good'], actualizado: ['edit', ''], eliminado: ['trash', 'bad'], restaurado: ['restore', 'good'], lote: ['people', ''],
};
/** The tones of the states that stand out. */
const MAIL_TONES = { incierto: 'warn', rebotado: 'bad', queja: 'bad', fallido: 'bad' };
const UNSETTLED = ['pendiente', 'enviando', 'incierto', 'enviado'];
const ANONYMOUS = 'anonimo';
/** E-mails move within seconds; a longer wait needs no watching. */
export const WATCH_MS = [1000, 2000, 4000, 8000, 15_000];

/** Pages of events, and the e-mails that `query` finds; after each of the `pauses` (ms), those on their way are asked for again. */
export function useEvents(ask, query, pauses = [], key = '') {
  const { resource, more } = usePages(ask, key);
  const [mails, setMails] = useState(new Map());
  useLayoutEffect(() => {
    const life = new AbortController();
    if (resource.data && may('mails')) watch(resource.data.rows, life.signal);
    return () => life.abort();
  }, [resource.data]);
  return { resource, mails, more };

  async function watch([newest], signal) {
    for (const pause of [0, ...pauses]) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      const found = signal.aborted ? null : await page('/correos', query, signal).catch(() => null);
      if (signal.aborted || !found) return; // the history stands without them
      const ofEvents = Map.groupBy(found.rows, (mail) => mail.evento);
      setMails(ofEvents);
      if (ofEvents.has(newest?.id) && !found.rows.some(({ estado }) => UNSETTLED.includes(estado))) return;
    }
  }
}

export function History({ resource: { data }, mails, more }) {
  return html`
    <${Timeline} events=${data.rows} mails=${mails} describe=${describe} when=${dateTime} />
    ${data.hasMore && html`<${Button} class="quiet" onClick=${more}>${t('activity.more')}<//>`}`;
}

function Days({ events, mails }) {
  return [...Map.groupBy(events, (event) => longDay(event.ocurrido_en))].map(([day, ofDay]) => html`
    <section class="day" key=${day}>
      <h2>${day}</h2>
      <${Timeline} events=${ofDay} mails=${mails} describe=${subject} when=${time} />
    </section>`);
}

const Timeline = ({ events, mails, describe, when }) => html`
  <ol class="timeline">
    ${events.map((event) => {
      const [icon, tone] = LOOKS[event.tipo] ?? ['clock', ''];
      const actor = event.actor === ANONYMOUS ? t('event.anonymous') : t('event.actor', { actor: event.actor });
      const lines = mails.get(event.id);
      return html`
        <li class="event" key=${event.id}>
          <span class=${`badge ${tone}`}><${Icon} name=${icon} /></span>
          <div class="event-body">
            <p>${describe(event)}</p>
            <p class="muted"><time datetime=${event.ocurrido_en}>${when(event.ocurrido_en)}</time> · ${actor}</p>
            ${lines && html`<ul class="event-mails">${lines.map(mailLine)}</ul>`}
            ${event.tipo === 'lote' && html`<${Batch} id=${event.lote} isUndone=${event.origen === 'deshacer'} />`}
          </div>
        </li>`;
    })}
  </ol>`;

const describe = (event) => html`<strong>${t(`event.${event.tipo}`)}</strong>${changedFields(event)}`;

function subject(event) {
  if (event.tipo === 'lote') {
    const counts = Object.entries(event.resumen).filter(([, n]) => n > 0).map(([what, n]) => t(`batch.${what}`, { n, count: count(n) }));
    return html`<strong>${t(`batch.${event.origen}`)}</strong>: ${counts.join(', ')}`;
  }
  const { id, nombre } = event.empleado;
  return html`
    <a href=${address('empleados', {}, { kind: 'ver', id: String(id) })} ...${OWN}>${nombre ?? t('employee.erased', { id })}</a>
    ${` ${t(`event.${event.tipo}`).toLowerCase()}`}${changedFields(event)}`;
}

/** What changed, with the values that this person may see. */
function changedFields({ tipo, cambios, valores }) {
  if (tipo !== 'actualizado' || cambios.length === 0) return '';
  return cambios.map((name, at) => {
    const field = FIELDS.find((each) => each.name === name) ?? { kind: 'text' };
    const values = valores?.[name];
    return html`${at > 0 ? ', ' : ': '}${t(`field.${name}`).toLowerCase()}${values && html`
      ${' '}<span ...${OWN}>${show(field, values.antes)}</span> → <span ...${OWN}>${show(field, values.despues)}</span>`}`;
  });
}

/** One entry of the history for many changes: they are loaded when it is opened. */
function Batch({ id, isUndone }) {
  const [isOpen, setOpen] = useState(false);
  return html`
    <details onToggle=${({ target }) => setOpen(target.open)}>
      <summary>${t('batch.show')}</summary>
      ${isOpen && html`<${BatchEvents} id=${id} isUndone=${isUndone} />`}
    </details>`;
}

function BatchEvents({ id, isUndone }) {
  const { resource, mails, more } = useEvents((cursor, signal) => page('/eventos', { lote: id, cursor }, signal), { lote: id });
  const [isBusy, setBusy] = useState(false);
  const undo = async () => {
    if (isBusy) return; // a double click
    setBusy(true);
    const { undoBatch } = await import('./bulk.js');
    await undoBatch(id);
    setBusy(false);
  };
  return html`
    <${Loaded} from=${resource} lines=${3}>${({ rows, hasMore }) => html`
      ${may('write') && !isUndone && html`<${Button} icon="undo" aria-disabled=${isBusy ? 'true' : null} onClick=${undo}>${t('batch.undo')}<//>`}
      <${Timeline} events=${rows.filter(({ tipo }) => tipo !== 'lote')} mails=${mails} describe=${subject} when=${dateTime} />
      ${hasMore && html`<${Button} class="quiet" onClick=${more}>${t('activity.more')}<//>`}`}<//>`;
}

const mailLine = ({ id, destinatario, estado, motivo }) => html`
  <li key=${id}>
    <${Icon} name="mail" /><span>${destinatario ?? t('erased')}</span><${MailState} state=${estado} />
    ${motivo && html`<span class="muted">${reason(motivo)}</span>`}
  </li>`;

/** What SES says, in words where we have some. */
const reason = (code) => (`mail.reason.${code.split('.')[1]}` in TEXTS ? t(`mail.reason.${code.split('.')[1]}`) : code);

const MailState = ({ state }) =>
  html`<span class=${state in MAIL_TONES ? `badge ${MAIL_TONES[state]}` : 'muted'}>${t(`mail.${state}`)}</span>`;

const FILTERS = ['tipo', 'empleado', 'actor', 'desde', 'hasta', 'lote'];
const DAY = { kind: 'date' };

export default function Activity({ route: { query } }) {
  const filters = pick(query, FILTERS);
  const n = Object.keys(filters).length;
  const key = JSON.stringify(filters);
  const { resource, mails, more } = useEvents((cursor, signal) => page('/eventos', { ...filters, cursor }, signal), WHOLE, [], key);
  const [isUnknown, setUnknown] = useState(false);
  const apply = (changed) => go(address('actividad', pick(new URLSearchParams({ ...filters, ...changed }), FILTERS)));
  const findPerson = async ({ target }) => {
    const { rows } = target.value.trim() ? await listEmployees({ q: target.value.trim(), orden: 'nombre' }) : { rows: [{ id: '' }] };
    setUnknown(rows.length === 0);
    if (rows.length > 0) apply({ empleado: String(rows[0].id) });
  };
  const content = ({ rows, hasMore }) =>
    rows.length > 0
      ? html`
        <${Days} events=${rows} mails=${mails} />
        ${hasMore ? html`<${Button} onClick=${more}>${t('activity.more')}<//>` : html`<p class="muted">${t('activity.end')}</p>`}`
      : html`
        <${Empty} title=${t(n > 0 ? 'activity.noMatch' : 'activity.empty.title')} text=${n > 0 ? '' : t('activity.empty.text')}>
          <${LinkButton} href=${address(n > 0 ? 'actividad' : 'empleados')}>${t(n > 0 ? 'list.noMatch.clear' : 'view.empleados')}<//>
        <//>`;
  return html`
    <${ViewHeading} title=${t('view.actividad')}>
      <${Menu} icon="filter" label=${filtersLabel(n)}>
        <${Select} aria-label=${t('activity.kind')} value=${filters.tipo ?? ''} choose=${(tipo) => apply({ tipo })}
          options=${[['', t('activity.everyKind')], ...Object.keys(LOOKS).map((kind) => [kind, t(`event.${kind}`)])]} />
        <label class="field">${t('activity.person')}
          <input key=${filters.empleado} defaultValue=${filters.empleado} onChange=${findPerson} aria-invalid=${isUnknown ? 'true' : null} />
          <span class="field-error" hidden=${!isUnknown}>${t('list.noMatch.title')}</span>
        </label>
        <label class="field">${t('activity.actor')}
          <input key=${filters.actor} defaultValue=${filters.actor} onChange=${({ target }) => apply({ actor: target.value.trim() })} />
        </label>
        <fieldset class="range">
          ${['desde', 'hasta'].map((end) => html`
            <${Bound} key=${end} title=${t(`list.${end}`)} field=${DAY} known=${filters[end] ?? ''} choose=${(day) => apply({ [end]: day })} />`)}
        </fieldset>
        ${n > 0 && html`<a class="button quiet" href=${address('actividad')}>${t('list.noMatch.clear')}</a>`}
      <//>
      <${Button} icon="refresh" onClick=${resource.reload}>${t('refresh')}<//>
    <//>
    <div class="activity">
      ${filters.lote ? html`<${BatchEvents} key=${filters.lote} id=${filters.lote} />` : html`<${Loaded} from=${resource} lines=${10}>${content}<//>`}
    </div>`;
}

const STATES = ['pendiente', 'enviando', 'incierto', 'enviado', 'entregado', 'rebotado', 'queja', 'fallido'];
const ALL = 'todos';

/** The e-mails that did not arrive, or the last ones in any state. */
export function Mails({ route }) {
  const state = route.query.get('estado') ?? '';
  const estado = state === ALL ? '' : state || PROBLEMS;
  const mails = useResource((signal) => page('/correos', { estado }, signal), [state]);
  const options = [['', t('mails.problems')], [ALL, t('mails.all')], ...STATES.map((one) => [one, t(`mail.${one}`)])];
  return html`
    <${ViewHeading} title=${t('view.correos')}>
      <${Select} aria-label=${t('mails.filter')} value=${state} options=${options}
        choose=${(chosen) => go(address('correos', chosen ? { estado: chosen } : {}))} />
    <//>
    <${Loaded} from=${mails} lines=${6}>${({ rows }) =>
      rows.length > 0 ? mailTable(rows) : html`<${Empty} title=${t(state ? 'mails.none' : 'mails.noProblems')} text="" />`}<//>`;
}

function mailTable(mails) {
  const columns = ['mails.when', 'mails.to', 'mails.subject', 'mails.state'].map((key) => ({ title: t(key) }));
  const rows = mails.map(({ creado_en, destinatario, asunto, empleado, estado, motivo }) => [
    html`<time datetime=${creado_en}>${dateTime(creado_en)}</time>`,
    html`<span ...${OWN}>${destinatario ?? t('erased')}</span>`,
    empleado
      ? html`<a href=${address('empleados', {}, { kind: 'ver', id: String(empleado) })} ...${OWN}>${asunto ?? t('erased')}</a>`
      : (asunto ?? t('erased')),
    html`<${MailState} state=${estado} />${motivo && html`<span class="muted"> ${reason(motivo)}</span>`}`,
  ]);
  return html`<${PlainTable} label=${t('view.correos')} columns=${columns} rows=${rows} />`;
}
