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
import { icon } from './icons.js';
import { closePanel, panelLink, waitingFrame } from './panel.js';
import { removeSoon } from './removal.js';
import { may } from './session.js';
import { failure, skeleton } from './states.js';
import { t } from './texts.js';
import { byEvent, employeeTimeline, isUnsettled } from './timeline.js';

/** @typedef {import('./api.js').Employee} Employee */
/** @typedef {import('./timeline.js').DirectoryEvent} DirectoryEvent */

/** Mails move within seconds; a longer wait needs no watching. */
const WATCH_MS = [1000, 2000, 4000, 8000, 15_000];

/**
 * @param {HTMLElement} root
 * @param {import('./router.js').Route} route
 * @param {AbortSignal} signal ends the view
 */
export async function mount(root, route, signal) {
  if (route.panel?.kind !== 'ver') return;
  const { id } = route.panel;
  const frame = waitingFrame(root, t('employee.title'));
  changes.addEventListener('change', () => load(), { signal });
  await load();

  async function load() {
    try {
      const { row } = await getEmployee(id, signal);
      frame.heading.textContent = row.nombre;
      const history = h('section', { class: 'history' });
      redraw(frame.body, details(row), history);
      await showHistory(history, id, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof ApiError && error.status === 404) await showGone(frame, id, signal, error);
      else redraw(frame.body, failure(/** @type {ApiError} */ (error), load));
    }
  }
}

/** @param {Employee} row */
function details(row) {
  const values = /** @type {Record<string, any>} */ (row);
  const remove = () => {
    closePanel();
    removeSoon(row);
  };
  return h(
    'div',
    {},
    h(
      'dl',
      { class: 'details' },
      ...visibleFields()
        .slice(1)
        .map((field) =>
          h(
            'div',
            {},
            h('dt', {}, t(`field.${field.name}`)),
            h('dd', {}, field.kind === 'email' ? mailTo(row.email) : show(field, values[field.name])),
          ),
        ),
    ),
    may('confidential') &&
      h('p', { class: 'muted' }, t('employee.changed', { when: dateTime(row.actualizado_en), version: row.version })),
    may('write') &&
      h(
        'div',
        { class: 'actions' },
        panelLink(
          { kind: 'editar', id: String(row.id) },
          { class: 'button primary', 'data-focus': 'edit' },
          icon('edit'),
          t('edit'),
        ),
        h(
          'button',
          { type: 'button', class: 'danger', 'data-focus': 'delete', onclick: remove },
          icon('trash'),
          t('delete'),
        ),
      ),
  );
}

/** @param {string} email */
const mailTo = (email) => {
  const href = `mailto:${encodeURIComponent(email).replace('%40', '@')}`;
  return h('a', { href, 'data-focus': 'email' }, email);
};

/**
 * The history, and under each event the fate of its mails, watched while one of them is on its way.
 *
 * @param {HTMLElement} section
 * @param {string} id
 * @param {AbortSignal} signal
 */
async function showHistory(section, id, signal) {
  const title = h('h3', {}, t('employee.history'));
  section.replaceChildren(title, skeleton(4));
  let cursor = '';
  /** @type {DirectoryEvent[]} */
  const events = [];
  const more = h(
    'button',
    { type: 'button', class: 'quiet', 'data-focus': 'older', onclick: loadMore },
    t('employee.older'),
  );
  /** @type {Map<string, import('./timeline.js').Mail[]>} */
  let mails = new Map();
  await loadMore();
  if (may('mails')) watchMails();

  async function loadMore() {
    try {
      const page = await employeeEvents(id, cursor, signal);
      events.push(...page.rows);
      cursor = page.next ?? '';
      draw();
    } catch (error) {
      if (!signal.aborted) redraw(section, title, failure(/** @type {ApiError} */ (error), loadMore));
    }
  }

  function draw() {
    redraw(section, title, employeeTimeline(events, mails), ...(cursor ? [more] : []));
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

/**
 * The row is gone; its history is not.
 *
 * @param {import('./panel.js').Frame} frame
 * @param {string} id
 * @param {AbortSignal} signal
 * @param {ApiError} error
 */
async function showGone(frame, id, signal, error) {
  const last = await employeeEvents(id, '', signal).then(
    ({ rows }) => /** @type {DirectoryEvent | undefined} */ (rows[0]),
    () => undefined,
  );
  if (signal.aborted) return;
  if (!last) {
    redraw(frame.body, failure(error));
    return;
  }
  const { nombre, email, posicion } = last.empleado;
  // nulls: the person was forgotten, and nothing is left to begin anew with
  const isKnown = nombre !== null && email !== null && posicion !== null;
  frame.heading.textContent = nombre ?? t('employee.erased', { id });
  const history = h('section', { class: 'history' });
  const again =
    isKnown &&
    may('write') &&
    panelLink(
      { kind: 'nuevo' },
      {
        class: 'button',
        onclick: () => saveDraft('nuevo', { texts: { nombre, email, posicion }, base: null, etag: '' }),
      },
      t('employee.gone.again'),
    );
  redraw(
    frame.body,
    h(
      'div',
      { class: 'state' },
      h('h3', {}, t('employee.gone.title')),
      h('p', {}, t(isKnown ? 'employee.gone.text' : 'employee.erased.text')),
      again,
    ),
    history,
  );
  await showHistory(history, id, signal);
}
