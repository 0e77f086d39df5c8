/** Events, newest first, with the state of each e-mail they caused: one employee's history, and everybody's. */

import { everyEvent, listMails } from './api.js';
import { dateTime, longDay, time } from './format.js';
import { Button, Icon, LinkButton, ViewHeading } from './parts.js';
import { address } from './router.js';
import { may } from './session.js';
import { Empty, Loaded } from './states.js';
import { t } from './texts.js';
import { html, useLayoutEffect, useRef, useResource, useState } from './view.js';

const LOOKS = { creado: ['plus', 'good'], actualizado: ['edit', ''], eliminado: ['trash', 'bad'] };
/** The tones of the final states, and of the one to watch. */
const MAIL_TONES = { entregado: 'good', incierto: 'warn', rebotado: 'bad', queja: 'bad', fallido: 'bad' };
/** States that are not final. */
const UNSETTLED = ['pendiente', 'enviando', 'incierto', 'enviado'];
/** The actor of a change made without signing in. */
const ANONYMOUS = 'anonimo';
/** E-mails move within seconds; a longer wait needs no watching. */
export const WATCH_MS = [1000, 2000, 4000, 8000, 15_000];

/**
 * Pages of events, and the e-mails they caused.
 *
 * @param ask gets a page of events by its cursor
 * @param query of the e-mails
 * @param pauses in milliseconds, after which e-mails on their way are asked for again
 */
export function useEvents(ask, query, pauses = []) {
  const kept = useRef([]);
  const [wanted, setWanted] = useState(1);
  const [mails, setMails] = useState(new Map());
  const resource = useResource(async (signal) => {
    const pages = kept.current.length < wanted ? [...kept.current] : []; // one page more, or all again
    while (pages.length < wanted) pages.push(await ask(pages.at(-1)?.next ?? '', signal));
    kept.current = pages;
    return { events: pages.flatMap(({ rows }) => rows), hasMore: pages.at(-1)?.next !== null };
  }, [wanted]);
  useLayoutEffect(() => {
    const life = new AbortController();
    if (resource.data && may('mails')) watch(resource.data.events, life.signal);
    return () => life.abort();
  }, [resource.data]);
  return { resource, mails, more: () => setWanted(wanted + 1) };

  async function watch([newest], signal) {
    for (const pause of [0, ...pauses]) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      const page = signal.aborted ? null : await listMails(query, signal).catch(() => null);
      if (signal.aborted || !page) return; // the history stands without them
      const found = Map.groupBy(page.rows, (mail) => mail.evento);
      setMails(found);
      if (found.has(newest?.id) && !page.rows.some(({ estado }) => UNSETTLED.includes(estado))) return;
    }
  }
}

/** The history of one employee. */
export function History({ resource: { data }, mails, more }) {
  return html`
    <${Timeline} events=${data.events} mails=${mails} describe=${describe} when=${dateTime} />
    ${data.hasMore && html`<${Button} class="quiet" onClick=${more}>${t('employee.older')}<//>`}`;
}

/** Everybody's history, a list for each day. */
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
          <span class=${`event-mark ${tone}`}><${Icon} name=${icon} /></span>
          <div class="event-body">
            <p>${describe(event)}</p>
            <p class="muted"><time datetime=${event.ocurrido_en}>${when(event.ocurrido_en)}</time> · ${actor}</p>
            ${lines && html`<ul class="event-mails">${lines.map(mailLine)}</ul>`}
          </div>
        </li>`;
    })}
  </ol>`;

const describe = (event) => html`<strong>${t(`event.${event.tipo}`)}</strong>${changedFields(event)}`;

function subject(event) {
  const { id, nombre } = event.empleado;
  return html`
    <a href=${address('empleados', {}, { kind: 'ver', id: String(id) })}>${nombre ?? t('employee.erased', { id })}</a>
    ${` ${t(`event.${event.tipo}`).toLowerCase()}`}${changedFields(event)}`;
}

const changedFields = ({ tipo, cambios }) =>
  tipo === 'actualizado' && cambios.length > 0 && `: ${cambios.map((name) => t(`field.${name}`).toLowerCase()).join(', ')}`;

const mailLine = ({ id, destinatario, estado, motivo }) => html`
  <li key=${id}>
    <${Icon} name="mail" /><span>${destinatario ?? t('erased')}</span><${MailState} state=${estado} />
    ${motivo && html`<span class="muted">${motivo}</span>`}
  </li>`;

export const MailState = ({ state }) => html`<span class=${`badge ${MAIL_TONES[state] ?? ''}`}>${t(`mail.${state}`)}</span>`;

/** The newest e-mails, enough for the events of the first pages. */
const MAILS = { limite: '200' };

export default function Activity() {
  const { resource, mails, more } = useEvents(everyEvent, MAILS);
  const content = ({ events, hasMore }) =>
    events.length > 0
      ? html`
        <${Days} events=${events} mails=${mails} />
        ${hasMore ? html`<${Button} onClick=${more}>${t('activity.more')}<//>` : html`<p class="muted">${t('activity.end')}</p>`}`
      : html`
        <${Empty} title=${t('activity.empty.title')} text=${t('activity.empty.text')}>
          <${LinkButton} href=${address('empleados')}>${t('view.empleados')}<//>
        <//>`;
  return html`
    <${ViewHeading} title=${t('view.actividad')}>
      <${Button} icon="refresh" onClick=${resource.reload}>${t('refresh')}<//>
    <//>
    <div class="activity"><${Loaded} from=${resource} lines=${10}>${content}<//></div>`;
}
