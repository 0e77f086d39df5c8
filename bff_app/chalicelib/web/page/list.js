// @ts-check
/** The list of employees: search, filter, order, pages. Everything that it shows is in the address. */

import { announce, redraw } from './accessibility.js';
import { getSummary } from './api.js';
import { changes } from './changes.js';
import { h } from './element.js';
import { show, visibleFields } from './fields.js';
import { icon } from './icons.js';
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
  const create = h('a', { class: 'button primary', 'data-focus': 'nuevo' }, ...newLabel());
  root.replaceChildren(heading(create), toolbar.element, results);

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

  changes.addEventListener('change', () => load(currentRoute().query, { quietly: true }), { signal });
  removals.addEventListener('change', () => rows.length > 0 && draw(currentRoute().query), { signal });
  followPlace();
  load(route.query).then(() => loadPositions(toolbar, route.query, signal)); // the rows first, on a slow network

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
  const exportButton = h(
    'button',
    { type: 'button', class: 'compact', onclick: exportRows },
    icon('download'),
    h('span', {}, t('list.export')),
  );
  return h(
    'header',
    { class: 'view-heading' },
    h('h1', { tabindex: '-1' }, t('view.empleados')),
    h(
      'div',
      { class: 'actions' },
      may('import') &&
        h('a', { class: 'button compact', href: address('importar') }, icon('upload'), h('span', {}, t('list.import'))),
      exportButton,
      may('write') && create,
    ),
  );
}

/** On a narrow screen only the first word is seen, and both are heard. */
export const newLabel = () => [
  icon('plus'),
  h('span', {}, t('list.new'), h('span', { class: 'second-word' }, ` ${t('list.new.what')}`)),
];

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
  /** @type {ReturnType<typeof setTimeout>} */
  let typing;
  const now = () => currentRoute().query;
  const apply = (/** @type {Record<string, string>} */ changed, replace = false) =>
    go(address('empleados', filtered(now(), changed), currentRoute().panel), { replace });
  search.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => apply({ q: search.value.trim() }, true), TYPING_PAUSE_MS);
  });
  position.addEventListener('change', () => apply({ posicion: position.value }));
  order.addEventListener('change', () => apply({ orden: order.value }));

  /** @param {URLSearchParams} given */
  function follow(given) {
    if (document.activeElement !== search) search.value = given.get('q') ?? '';
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
  const element = h(
    'form',
    { class: 'toolbar', role: 'search', onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
    h(
      'div',
      { class: 'search-field' },
      icon('search'),
      h('label', { class: 'visually-hidden', for: 'buscar' }, t('list.search')),
      search,
    ),
    h(
      'div',
      { class: 'select-field' },
      h('label', { class: 'visually-hidden', for: 'posicion' }, t('list.filter')),
      position,
    ),
    h(
      'div',
      { class: 'select-field order-field' },
      h('label', { class: 'visually-hidden', for: 'orden' }, t('list.order')),
      order,
    ),
  );
  return { element, follow, position, offer };
}

function orderOptions() {
  return visibleFields().flatMap(({ name, isSortable }) => isSortable ? [
    h('option', { value: name }, t('list.ascending', { field: t(`field.${name}`) })),
    h('option', { value: `-${name}` }, t('list.descending', { field: t(`field.${name}`) })),
  ] : []);
}

/**
 * The filter's choices. Without them the list still works, so that a failure here is not told.
 *
 * @param {ReturnType<typeof makeToolbar>} toolbar
 * @param {URLSearchParams} query
 * @param {AbortSignal} signal
 */
async function loadPositions({ position, offer }, query, signal) {
  const groups = await getSummary(signal).catch(() => []);
  const options = groups.map((group) =>
    h('option', { value: group.posicion }, `${group.posicion} (${group.empleados})`),
  );
  position.replaceChildren(position.options[0], ...options);
  offer(currentRoute().query.get('posicion') ?? query.get('posicion') ?? '');
}

/** @param {URLSearchParams} query */
function nothing(query) {
  const isFiltered = Boolean(query.get('q') || query.get('posicion'));
  if (isFiltered) {
    return empty(
      t('list.noMatch.title'),
      t('list.noMatch.text'),
      h(
        'a',
        { class: 'button', href: address('empleados', filtered(query, { q: '', posicion: '' })) },
        t('list.noMatch.clear'),
      ),
    );
  }
  return empty(
    t('list.empty.title'),
    may('write') ? t('list.empty.text') : '',
    may('write') && h('a', { class: 'button primary', href: address('empleados', {}, { kind: 'nuevo' }) }, ...newLabel()),
    may('import') && h('a', { class: 'button', href: address('importar') }, icon('upload'), t('list.import')),
  );
}

/** @param {Employee[]} rows @param {URLSearchParams} query */
function table(rows, query) {
  // The narrow layout takes the table's display away, and with it what it is to a screen reader: hence the roles.
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
  const sort = () =>
    go(
      address(
        'empleados',
        filtered(currentRoute().query, { orden: direction === 'ascending' ? `-${name}` : name }),
        currentRoute().panel,
      ),
    );
  return h(
    'th',
    { role: 'columnheader', scope: 'col', class: `column-${name}`, 'aria-sort': direction },
    h(
      'button',
      { type: 'button', class: 'sort', 'data-focus': `sort-${name}`, onclick: sort },
      t(`field.${name}`),
      h('span', { class: 'sort-mark', 'aria-hidden': 'true' }, direction === 'descending' ? '↓' : '↑'),
    ),
  );
}

/** @param {Employee} row @param {URLSearchParams} query */
function tableRow(row, query) {
  const leaving = isLeaving(row.id);
  const open = address('empleados', listPart(query), { kind: 'ver', id: String(row.id) });
  const cells = visibleFields().map((field, index) => {
    const text = show(field, /** @type {any} */ (row)[field.name]);
    const content = index === 0 ? h('a', { href: open, 'data-focus': `row-${row.id}` }, text) : text;
    return h(
      'td',
      { role: 'cell', class: `column-${field.name}`, title: field.kind === 'text' || field.kind === 'email' ? text : null },
      content,
    );
  });
  return h(
    'tr',
    {
      role: 'row',
      'data-id': row.id,
      class: leaving ? 'leaving' : null,
      onclick: (/** @type {MouseEvent} */ event) => openFromRow(event, open),
    },
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
  const edit = address('empleados', listPart(query), { kind: 'editar', id: String(row.id) });
  return h(
    'div',
    { class: 'row-actions' },
    h(
      'a',
      {
        class: 'icon-button',
        href: edit,
        title: t('edit'),
        'aria-label': t('list.edit', { name: row.nombre }),
        'data-focus': `edit-${row.id}`,
      },
      icon('edit'),
    ),
    h(
      'button',
      {
        type: 'button',
        class: 'icon-button',
        title: t('delete'),
        'aria-label': t('list.delete', { name: row.nombre }),
        'data-focus': `delete-${row.id}`,
        onclick: () => removeSoon(row),
      },
      icon('trash'),
    ),
  );
}

/** @param {Employee} row */
function undoButton(row) {
  return h(
    'button',
    { type: 'button', class: 'quiet', 'data-focus': `delete-${row.id}`, onclick: () => keep(row.id) },
    icon('undo'),
    t('undo'),
    h('span', { class: 'visually-hidden' }, `: ${row.nombre}`),
  );
}

/**
 * Pages by key have no numbers of their own: the cursors on the way here are kept with the entry of the history, so that
 * "previous" works, also after a reload.
 *
 * @param {URLSearchParams} query
 * @param {number} size
 * @param {string | null} next
 */
function pager(query, size, next) {
  const cursor = query.get('cursor') ?? '';
  /** @type {string[]} */
  const trail = cursor ? currentTrail() : [];
  const to = (/** @type {string} */ target, /** @type {string[]} */ newTrail) => {
    const changed = listPart(query);
    if (target) changed.set('cursor', target);
    else changed.delete('cursor');
    go(address('empleados', changed, currentRoute().panel), { trail: newTrail });
  };
  const isLost = cursor !== '' && trail.length === 0; // the address was opened by itself
  const before = isLost
    ? h(
        'button',
        { type: 'button', 'data-focus': 'previous', onclick: () => to('', []) },
        icon('previous'),
        t('list.firstPage'),
      )
    : h(
        'button',
        {
          type: 'button',
          'data-focus': 'previous',
          disabled: cursor === '',
          onclick: () => to(trail[trail.length - 1], trail.slice(0, -1)),
        },
        icon('previous'),
        t('list.previous'),
      );
  const after = h(
    'button',
    {
      type: 'button',
      'data-focus': 'next',
      disabled: next === null,
      onclick: () => to(next ?? '', [...trail, cursor]),
    },
    t('list.next'),
    icon('next'),
  );
  const position = isLost ? t('list.rows', { n: size }) : t('list.page', { page: trail.length + 1, n: size });
  return h('nav', { class: 'pager', 'aria-label': t('list.pages') }, before, h('span', {}, position), after);
}
