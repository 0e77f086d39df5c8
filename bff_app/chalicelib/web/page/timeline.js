// @ts-check
/** Events, newest first, with the state of each e-mail they caused. */

import { h } from './element.js';
import { dateTime, longDay, time } from './format.js';
import { icon } from './parts.js';
import { address } from './router.js';
import { t } from './texts.js';

/**
 * @typedef {{id: string, tipo: 'creado' | 'actualizado' | 'eliminado', ocurrido_en: string, actor: string,
 *   empleado: Told, cambios: string[]}} DirectoryEvent
 * @typedef {{id: number, nombre: string | null, email: string | null, posicion: string | null, version: number}} Told
 *   nulls: the person's data was erased
 * @typedef {{id: string, evento: string, destinatario: string | null, asunto: string | null, estado: string,
 *   creado_en: string, actualizado_en: string, motivo: string | null, empleado: number | null}} Mail
 */

const ICONS = /** @type {const} */ ({ creado: 'plus', actualizado: 'edit', eliminado: 'trash' });
const EVENT_TONES = { creado: 'good', actualizado: '', eliminado: 'bad' };
/** The tones of the final states, and of the one to watch. @type {Record<string, string>} */
const MAIL_TONES = { entregado: 'good', incierto: 'warn', rebotado: 'bad', queja: 'bad', fallido: 'bad' };

/** The actor of a change made without signing in. */
const ANONYMOUS = 'anonimo';

/** States that are not final. */
const UNSETTLED = ['pendiente', 'enviando', 'incierto', 'enviado'];

/** @param {Mail} mail */
export const isUnsettled = (mail) => UNSETTLED.includes(mail.estado);

/** @param {string} state one of the ledger's states @returns {HTMLElement} */
export function mailState(state) {
  return h('span', { class: `badge ${MAIL_TONES[state] ?? ''}`, title: t(`mail.${state}.meaning`) }, t(`mail.${state}`));
}

/** @typedef {Map<string, Mail[]>} MailsByEvent */

/** The history of one employee. @param {DirectoryEvent[]} events @param {MailsByEvent} mails */
export const employeeTimeline = (events, mails) => timeline(events, mails, describe, dateTime);

/** Everybody's history, a list for each day. @param {DirectoryEvent[]} events @param {MailsByEvent} mails */
export function dailyTimeline(events, mails) {
  const days = Map.groupBy(events, (event) => longDay(event.ocurrido_en));
  return [...days].map(([name, ofDay]) =>
    h('section', { class: 'day' }, h('h2', {}, name), timeline(ofDay, mails, subject, time)),
  );
}

/**
 * @param {DirectoryEvent[]} events
 * @param {MailsByEvent} mails
 * @param {(event: DirectoryEvent) => HTMLElement} words
 * @param {(moment: string) => string} when
 * @returns {HTMLElement}
 */
function timeline(events, mails, words, when) {
  const entries = events.map((event) =>
    entry(event, mails.get(event.id) ?? [], words(event), when(event.ocurrido_en)),
  );
  return h('ol', { class: 'timeline' }, ...entries);
}

/** @param {DirectoryEvent} event @param {Mail[]} mails @param {HTMLElement} text @param {string} when */
function entry(event, mails, text, when) {
  const actor = event.actor === ANONYMOUS ? t('event.anonymous') : t('event.actor', { actor: event.actor });
  return h(
    'li',
    { class: 'event' },
    h('span', { class: `event-mark ${EVENT_TONES[event.tipo] ?? ''}` }, icon(ICONS[event.tipo] ?? 'clock')),
    h(
      'div',
      { class: 'event-body' },
      text,
      h('p', { class: 'muted' }, h('time', { datetime: event.ocurrido_en }, when), ' · ', actor),
      mails.length > 0 && h('ul', { class: 'event-mails' }, ...mails.map(mailLine)),
    ),
  );
}

/** @param {DirectoryEvent} event */
const describe = (event) => h('p', {}, h('strong', {}, t(`event.${event.tipo}`)), changedFields(event));

/** @param {DirectoryEvent} event */
function subject(event) {
  const { id, nombre } = event.empleado;
  const href = address('empleados', {}, { kind: 'ver', id: String(id) });
  const link = h('a', { href, 'data-focus': `event-${event.id}` }, nombre ?? t('employee.erased', { id }));
  return h('p', {}, link, ' ', t(`event.${event.tipo}`).toLowerCase(), changedFields(event));
}

/** @param {DirectoryEvent} event */
function changedFields(event) {
  if (event.tipo !== 'actualizado' || event.cambios.length === 0) return null;
  return `: ${event.cambios.map((name) => t(`field.${name}`).toLowerCase()).join(', ')}`;
}

/** @param {Mail} mail */
function mailLine({ destinatario, estado, motivo }) {
  const reason = motivo && h('span', { class: 'muted' }, motivo);
  return h('li', {}, icon('mail'), h('span', {}, destinatario ?? t('erased')), mailState(estado), reason);
}

/** @param {Mail[]} mails @returns {Map<string, Mail[]>} */
export const byEvent = (mails) => Map.groupBy(mails, (mail) => mail.evento);
