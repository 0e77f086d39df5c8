// @ts-check
/** One employee: the row, what can be done with it, and its history. */

import { redraw } from './accessibility.js';
import { employeeEvents, getEmployee, listMails } from './api.js';
import { changes } from './changes.js';
import { saveDraft } from './draft.js';
import { h } from './element.js';
import { show, visibleFields } from './fields.js';
import { dateTime } from './format.js';
import { ApiError } from './http.js';
import { closePanel, nameFrame, panelLink, waitingFrame } from './panel.js';
import { button, fact, icon } from './parts.js';
import { removeSoon } from './removal.js';
import { may } from './session.js';
import { attempt, empty, skeleton } from './states.js';
import { t } from './texts.js';
import { byEvent, employeeTimeline, isUnsettled } from './timeline.js';

/** @typedef {import('./api.js').Employee} Employee */
/** @typedef {import('./panel.js').Frame} Frame */
/** @typedef {import('./timeline.js').DirectoryEvent} DirectoryEvent */

/** Mails move within seconds; a longer wait needs no watching. */
const WATCH_MS = [1000, 2000, 4000, 8000, 15_000];

/** @param {HTMLElement} root @param {import('./router.js').Route} route @param {AbortSignal} signal ends the view */
export async function mount(root, route, signal) {
  if (route.panel?.kind !== 'ver') return;
  const { id } = route.panel;
  const frame = waitingFrame(root, t('employee.title'));
  const load = () =>
    attempt(frame.body, signal, async () => {
      const row = await rowOrNull(id, signal);
      if (row) await showRow(frame, row, signal);
      else await showGone(frame, id, signal);
    });
  changes.addEventListener('change', load, { signal });
  await load();
}

/** @param {string} id @param {AbortSignal} signal @returns {Promise<Employee | null>} null when there is none */
async function rowOrNull(id, signal) {
  try {
    return (await getEmployee(id, signal)).row;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}

/** @param {Frame} frame @param {Employee} row @param {AbortSignal} signal */
async function showRow(frame, row, signal) {
  nameFrame(frame, row.nombre);
  const history = h('section', { class: 'history' });
  redraw(frame.body, details(row), history);
  await showHistory(history, String(row.id), signal);
}

/** @param {Employee} row */
function details(row) {
  const values = /** @type {Record<string, any>} */ (row);
  const remove = () => {
    closePanel();
    removeSoon(row);
  };
  const edit = { class: 'button primary', 'data-focus': 'edit' };
  const facts = visibleFields()
    .slice(1)
    .map((field) => {
      const value = values[field.name];
      return fact(t(`field.${field.name}`), field.kind === 'email' ? mailTo(value) : show(field, value));
    });
  return h(
    'div',
    {},
    h('dl', { class: 'details' }, ...facts),
    may('confidential') &&
      h('p', { class: 'muted' }, t('employee.changed', { when: dateTime(row.actualizado_en), version: row.version })),
    may('write') &&
      h(
        'div',
        { class: 'actions' },
        panelLink({ kind: 'editar', id: String(row.id) }, edit, icon('edit'), t('edit')),
        button(t('delete'), remove, { class: 'danger', 'data-focus': 'delete', picture: 'trash' }),
      ),
  );
}

/** @param {string} email */
const mailTo = (email) => {
  const href = `mailto:${encodeURIComponent(email).replace('%40', '@')}`;
  return h('a', { href, 'data-focus': 'email' }, email);
};

/**
 * The history, and under each event the state of its mails, polled while one of them is on its way.
 *
 * @param {HTMLElement} section
 * @param {string} id
 * @param {AbortSignal} signal
 */
async function showHistory(section, id, signal) {
  const list = h('div', {}, skeleton(4));
  section.replaceChildren(h('h3', {}, t('employee.history')), list);
  let cursor = '';
  /** @type {DirectoryEvent[]} */
  const events = [];
  const more = button(t('employee.older'), loadMore, { class: 'quiet', 'data-focus': 'older' });
  /** @type {Map<string, import('./timeline.js').Mail[]>} */
  let mails = new Map();
  await loadMore();
  if (may('mails')) watchMails();

  function loadMore() {
    return attempt(list, signal, async () => {
      const page = await employeeEvents(id, cursor, signal);
      events.push(...page.rows);
      cursor = page.next ?? '';
      draw();
    });
  }

  function draw() {
    redraw(list, employeeTimeline(events, mails), ...(cursor ? [more] : []));
  }

  async function watchMails() {
    for (const pause of [0, ...WATCH_MS]) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      if (signal.aborted || !section.isConnected) return;
      const page = await listMails({ empleado: id }, signal).catch(() => null);
      if (signal.aborted || !page) return; // the history stands without them
      mails = byEvent(page.rows);
      draw();
      const isWaiting = events.some((event) => !mails.has(event.id)) || page.rows.some(isUnsettled);
      if (!isWaiting) return;
    }
  }
}

/** The row is gone; its history is not. @param {Frame} frame @param {string} id @param {AbortSignal} signal */
async function showGone(frame, id, signal) {
  const last = await lastEvent(id, signal);
  if (!last) {
    nameFrame(frame, t('employee.none.title'));
    const home = panelLink(null, { class: 'button' }, t('lost.home'));
    redraw(frame.body, empty(t('employee.none.title'), t('employee.none.text', { id }), home));
    return;
  }
  const { nombre, email, posicion } = last.empleado;
  // nulls: the person's data was erased
  const isKnown = nombre !== null && email !== null && posicion !== null;
  nameFrame(frame, nombre ?? t('employee.erased', { id }));
  const onclick = () => saveDraft('nuevo', { texts: { nombre, email, posicion }, base: null, etag: '' });
  const again = isKnown && may('write') && panelLink({ kind: 'nuevo' }, { class: 'button', onclick }, t('employee.gone.again'));
  const words = [t(isKnown ? 'employee.gone.text' : 'employee.erased.text'), again && t('employee.gone.again.text')];
  const history = h('section', { class: 'history' });
  redraw(frame.body, empty(t('employee.gone.title'), words.filter(Boolean).join(' '), again), history);
  await showHistory(history, id, signal);
}

/** @param {string} id @param {AbortSignal} signal @returns {Promise<DirectoryEvent | null>} null: there never was such an employee */
async function lastEvent(id, signal) {
  try {
    return (await employeeEvents(id, '', signal)).rows[0];
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return null;
    throw error;
  }
}
