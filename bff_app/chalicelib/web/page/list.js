// @ts-check
/** The list of employees: search, filter, order, pages. Everything that it shows is in the address. */

import { announce, redraw } from './accessibility.js';
import { PAGE_SIZE, getSummary } from './api.js';
import { changes } from './changes.js';
import { h } from './element.js';
import { show, visibleFields } from './fields.js';
import { button, icon, iconButton, labelled, linkButton, viewHeading } from './parts.js';
import { isLeaving, keep, removals, removeSoon } from './removal.js';
import { address, currentRoute, currentTrail, go } from './router.js';
import { listPart, loadRows, orderOf } from './rows.js';
import { may } from './session.js';
import { empty, failure, skeleton } from './states.js';
import { t } from './texts.js';

/** @typedef {import('./api.js').Employee} Employee */
/** @typedef {import('./router.js').Route} Route */

const TYPING_PAUSE_MS = 150;

/**
 * @param {HTMLElement} root
 * @param {Route} route
 * @param {AbortSignal} signal ends the view
 * @returns {{update: (route: Route) => void}}
 */
export function mount(root, route, signal) {
  const toolbar = makeToolbar(route.query);
  const results = h('div', { class: 'results' });
  const create = newLink();
  root.replaceChildren(heading(create), toolbar.element, skipLink(results), results);

  /** @type {AbortController | undefined} */
  let loading;
  let shown = '';
  /** @type {Employee[]} */
  let rows = [];
  /** @type {string | null} */
  let next = null;

  /** @param {URLSearchParams} query @param {{quietly?: boolean}} [options] */
  async function load(query, { quietly = false } = {}) {
    loading?.abort();
    loading = new AbortController();
    const mine = AbortSignal.any([signal, loading.signal]);
    shown = listPart(query).toString();
    results.setAttribute('aria-busy', 'true');
    if (rows.length === 0) redraw(results, skeleton(12));
    try {
      ({ rows, next } = await loadRows(query, mine));
      if (mine.aborted) return;
      draw(query);
      if (!quietly) announce(t('list.shown', { n: rows.length }));
    } catch (error) {
      if (mine.aborted) return;
      rows = [];
      redraw(results, failure(/** @type {any} */ (error), () => load(query)));
    }
    results.removeAttribute('aria-busy');
  }

  /** @param {URLSearchParams} query */
  function draw(query) {
    if (rows.length === 0) {
      redraw(results, nothing(query));
      return;
    }
    redraw(results, table(rows, query), pager(query, rows.length, next));
    followPlace();
  }

  /** What of the list depends on the rest of the address. */
  function followPlace() {
    const { panel, query } = currentRoute();
    create.href = address('empleados', listPart(query), { kind: 'nuevo' });
    const selected = panel && panel.kind !== 'nuevo' ? panel.id : '';
    for (const row of results.querySelectorAll('tr[data-id]')) {
      row.toggleAttribute('data-selected', /** @type {HTMLElement} */ (row).dataset.id === selected);
    }
  }

  const positions = () => loadPositions(toolbar, signal);
  changes.addEventListener('change', () => load(currentRoute().query, { quietly: true }).then(positions), { signal });
  removals.addEventListener('change', () => rows.length > 0 && draw(currentRoute().query), { signal });
  followPlace();
  load(route.query).then(positions); // the rows first, on a slow network

  return {
    update({ query }) {
      followPlace();
      if (listPart(query).toString() === shown) return;
      toolbar.follow(query);
      load(query);
      scrollTo({ top: 0 });
    },
  };
}

/** @param {URLSearchParams} query @param {Record<string, string>} changed @returns {URLSearchParams} from its first page */
function filtered(query, changed) {
  const result = listPart(query);
  result.delete('cursor');
  for (const [name, value] of Object.entries(changed)) {
    if (value === '') result.delete(name);
    else result.set(name, value);
  }
  return result;
}

/** @param {HTMLElement} create */
function heading(create) {
  const importLink = { class: 'button compact', href: address('importar') };
  const exportButton = { type: 'button', class: 'compact', onclick: exportRows };
  return viewHeading(
    t('view.empleados'),
    may('import') && h('a', importLink, labelled('upload', t('list.import'))),
    h('button', exportButton, labelled('download', t('list.export'))),
    may('write') && create,
  );
}

/** Narrow screens show only the first word; screen readers read both. */
export function newLink() {
  const what = h('span', { class: 'second-word' }, ` ${t('list.new.what')}`);
  const href = address('empleados', {}, { kind: 'nuevo' });
  const attributes = { class: 'button primary', 'data-focus': 'nuevo', href };
  return h('a', attributes, labelled('plus', t('list.new'), what));
}

/** Fifty rows have three stops of the tabulator each. @param {HTMLElement} results */
function skipLink(results) {
  const skip = (/** @type {Event} */ event) => {
    event.preventDefault();
    /** @type {HTMLElement | null} */ (results.querySelector('.pager button:enabled'))?.focus();
  };
  return h('a', { class: 'skip', href: '#', onclick: skip }, t('list.skip'));
}

async function exportRows() {
  const { exportEmployees } = await import('./export.js');
  const { query } = currentRoute();
  const { q = '', posicion = '' } = Object.fromEntries(listPart(query));
  exportEmployees({ q, posicion, orden: orderOf(query) });
}

/** @param {URLSearchParams} query */
function makeToolbar(query) {
  const search = h('input', {
    type: 'search',
    id: 'buscar',
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: '200',
    placeholder: t('list.search.hint'),
  });
  const position = h('select', { id: 'posicion' }, h('option', { value: '' }, t('list.everyPosition')));
  const order = h('select', { id: 'orden' }, ...orderOptions());
  /** Set while what was typed waits to be searched. @type {ReturnType<typeof setTimeout> | undefined} */
  let typing;
  const now = () => currentRoute().query;
  const apply = (/** @type {Record<string, string>} */ changed, replace = false) =>
    go(address('empleados', filtered(now(), changed), currentRoute().panel), { replace });
  search.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      typing = undefined;
      apply({ q: search.value.trim() }, true);
    }, TYPING_PAUSE_MS);
  });
  position.addEventListener('change', () => apply({ posicion: position.value }));
  order.addEventListener('change', () => apply({ orden: order.value }));

  /** @param {URLSearchParams} given */
  function follow(given) {
    const sought = given.get('q') ?? '';
    if (!typing && search.value.trim() !== sought) search.value = sought;
    offer(given.get('posicion') ?? '');
    order.value = orderOf(given);
  }
  /** A position of the address may have no employees any more, and is still what the list is filtered by. @param {string} chosen */
  function offer(chosen) {
    if (chosen && ![...position.options].some((option) => option.value === chosen))
      position.append(h('option', { value: chosen }, chosen));
    position.value = chosen;
  }
  follow(query);
  const labelled = (/** @type {string} */ kind, /** @type {string} */ label, /** @type {HTMLElement} */ control) =>
    h('div', { class: kind }, h('label', { class: 'visually-hidden', for: control.id }, t(label)), control);
  const searchField = labelled('search-field', 'list.search', search);
  searchField.prepend(icon('search'));
  const element = h(
    'form',
    { class: 'toolbar', role: 'search', onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
    searchField,
    labelled('select-field', 'list.filter', position),
    labelled('select-field order-field', 'list.order', order),
  );
  return { element, follow, position, offer };
}

function orderOptions() {
  const sortable = visibleFields().filter(({ isSortable }) => isSortable);
  return sortable.flatMap(({ name }) => [
    h('option', { value: name }, t('list.ascending', { field: t(`field.${name}`) })),
    h('option', { value: `-${name}` }, t('list.descending', { field: t(`field.${name}`) })),
  ]);
}

/** The filter's choices. The list works without them, so that a failure is not told. @param {ReturnType<typeof makeToolbar>} toolbar @param {AbortSignal} signal */
async function loadPositions({ position, offer }, signal) {
  const groups = await getSummary(signal).catch(() => null);
  if (!groups) return;
  const option = (/** @type {import('./api.js').Group} */ { posicion, empleados }) =>
    h('option', { value: posicion }, `${posicion} (${empleados})`);
  position.replaceChildren(position.options[0], ...groups.map(option));
  offer(currentRoute().query.get('posicion') ?? '');
}

/** @param {URLSearchParams} query */
function nothing(query) {
  if (query.get('q') || query.get('posicion')) {
    const everybody = address('empleados', filtered(query, { q: '', posicion: '' }));
    return empty(t('list.noMatch.title'), t('list.noMatch.text'), linkButton(t('list.noMatch.clear'), everybody));
  }
  return empty(
    t('list.empty.title'),
    may('write') ? t('list.empty.text') : '',
    may('write') && newLink(),
    may('import') && linkButton(t('list.import'), address('importar'), { picture: 'upload' }),
  );
}

/** @param {Employee[]} rows @param {URLSearchParams} query */
function table(rows, query) {
  // On narrow screens the table is not displayed as one, and would not be one to a screen reader: hence the roles.
  return h(
    'table',
    { class: 'employees', role: 'table', 'aria-label': t('view.empleados') },
    h(
      'thead',
      { role: 'rowgroup' },
      h(
        'tr',
        { role: 'row' },
        ...visibleFields().map((field) => columnHeading(field, query)),
        may('write') &&
          h('th', { role: 'columnheader', scope: 'col', class: 'column-actions' }, h('span', { class: 'visually-hidden' }, t('list.actions'))),
      ),
    ),
    h('tbody', { role: 'rowgroup' }, ...rows.map((row) => tableRow(row, query))),
  );
}

/** @param {import('./fields.js').Field} field @param {URLSearchParams} query */
function columnHeading({ name, isSortable }, query) {
  if (!isSortable) {
    return h('th', { role: 'columnheader', scope: 'col', class: `column-${name}` }, t(`field.${name}`));
  }
  const order = orderOf(query);
  const direction = order === name ? 'ascending' : order === `-${name}` ? 'descending' : null;
  const sort = () => {
    const changed = filtered(currentRoute().query, { orden: direction === 'ascending' ? `-${name}` : name });
    go(address('empleados', changed, currentRoute().panel));
  };
  const mark = h('span', { class: 'sort-mark', 'aria-hidden': 'true' }, direction === 'descending' ? '↓' : '↑');
  const sortButton = button(t(`field.${name}`), sort, { class: 'sort', 'data-focus': `sort-${name}` });
  sortButton.append(mark);
  const attributes = { role: 'columnheader', scope: 'col', class: `column-${name}`, 'aria-sort': direction };
  return h('th', attributes, sortButton);
}

/** @param {Employee} row @param {URLSearchParams} query */
function tableRow(row, query) {
  const leaving = isLeaving(row.id);
  const open = address('empleados', listPart(query), { kind: 'ver', id: String(row.id) });
  const cells = visibleFields().map((field, index) => {
    const text = show(field, /** @type {any} */ (row)[field.name]);
    const content = index === 0 ? h('a', { href: open, 'data-focus': `row-${row.id}` }, text) : text;
    const mayBeCut = field.kind === 'text' || field.kind === 'email';
    return h('td', { role: 'cell', class: `column-${field.name}`, title: mayBeCut && text }, content);
  });
  const onclick = (/** @type {MouseEvent} */ event) => openFromRow(event, open);
  return h(
    'tr',
    { role: 'row', 'data-id': row.id, class: leaving ? 'leaving' : null, onclick },
    ...cells,
    may('write') &&
      h('td', { role: 'cell', class: 'column-actions' }, leaving ? undoButton(row) : rowActions(row, query)),
  );
}

/** The whole row is a target for the mouse, unless text is being selected. @param {MouseEvent} event @param {string} to */
function openFromRow(event, to) {
  const target = /** @type {Element} */ (event.target);
  if (target.closest('a, button') || getSelection()?.toString()) return;
  go(to);
}

/** @param {Employee} row @param {URLSearchParams} query */
function rowActions(row, query) {
  const name = row.nombre;
  const edit = {
    class: 'icon-button',
    href: address('empleados', listPart(query), { kind: 'editar', id: String(row.id) }),
    title: t('edit'),
    'aria-label': t('list.edit', { name }),
    'data-focus': `edit-${row.id}`,
  };
  const remove = { title: t('delete'), 'data-focus': `delete-${row.id}` };
  return h(
    'div',
    { class: 'row-actions' },
    h('a', edit, icon('edit')),
    iconButton('trash', t('list.delete', { name }), () => removeSoon(row), remove),
  );
}

/** @param {Employee} row */
function undoButton(row) {
  const undo = button(t('undo'), () => keep(row.id), { class: 'quiet', 'data-focus': `delete-${row.id}` });
  undo.append(h('span', { class: 'visually-hidden' }, `: ${row.nombre}`));
  return undo;
}

/**
 * Keyset pages have no numbers: the cursors that led here are kept in the history entry, so that "previous" works, even
 * after a reload.
 *
 * @param {URLSearchParams} query
 * @param {number} size
 * @param {string | null} next
 */
function pager(query, size, next) {
  const cursor = query.get('cursor') ?? '';
  /** @type {string[]} */
  const trail = cursor ? currentTrail() : [];
  const turn = (/** @type {string} */ target, /** @type {string[]} */ newTrail) => {
    const changed = listPart(query);
    if (target) changed.set('cursor', target);
    else changed.delete('cursor');
    go(address('empleados', changed, currentRoute().panel), { trail: newTrail });
  };
  const isLost = cursor !== '' && trail.length === 0; // the address was opened by itself
  const back = () => (isLost ? turn('', []) : turn(trail[trail.length - 1], trail.slice(0, -1)));
  const before = button(t(isLost ? 'list.firstPage' : 'list.previous'), back, {
    'data-focus': 'previous',
    disabled: cursor === '',
    picture: 'previous',
  });
  const forth = () => turn(next ?? '', [...trail, cursor]);
  const after = button(t('list.next'), forth, { 'data-focus': 'next', disabled: next === null });
  after.append(icon('next'));
  const from = trail.length * PAGE_SIZE + 1;
  const position = isLost ? t('list.shown', { n: size }) : t('list.range', { from, to: from + size - 1 });
  return h('nav', { class: 'pager', 'aria-label': t('list.pages') }, before, h('span', {}, position), after);
}
