// @ts-check
/** Head count and salaries by position. */

import { redraw } from './accessibility.js';
import { getSummary } from './api.js';
import { changes } from './changes.js';
import { barChart, rangeChart } from './charts.js';
import { h } from './element.js';
import { count, money, roundMoney } from './format.js';
import { newLabel } from './list.js';
import { address } from './router.js';
import { may } from './session.js';
import { empty, failure, skeleton } from './states.js';
import { t } from './texts.js';

/** @typedef {import('./api.js').Group} Group */

/** More bars than this are no picture any more; the table has them all. */
const CHARTED = 12;

/**
 * @param {HTMLElement} root
 * @param {import('./router.js').Route} _route
 * @param {AbortSignal} signal
 */
export async function mount(root, _route, signal) {
  const body = h('div', { class: 'summary' }, skeleton(10));
  root.replaceChildren(h('header', { class: 'view-heading' }, h('h1', { tabindex: '-1' }, t('view.resumen'))), body);
  changes.addEventListener('change', () => load(), { signal });
  await load();

  async function load() {
    try {
      draw(await getSummary(signal));
    } catch (error) {
      if (!signal.aborted) redraw(body, failure(/** @type {any} */ (error), load));
    }
  }

  /** @param {Group[]} groups */
  function draw(groups) {
    if (groups.length === 0) {
      redraw(
        body,
        empty(
          t('summary.empty.title'),
          t('summary.empty.text'),
          may('write') &&
            h('a', { class: 'button primary', href: address('empleados', {}, { kind: 'nuevo' }) }, ...newLabel()),
        ),
      );
      return;
    }
    redraw(body, tiles(groups), charts(groups.slice(0, CHARTED), groups.length), groupTable(groups));
  }
}

/** @param {Group[]} groups */
function tiles(groups) {
  return h(
    'dl',
    { class: 'tiles' },
    tile(t('summary.people'), count(peopleIn(groups))),
    tile(t('summary.positions'), count(groups.length)),
    ...(may('confidential') ? salaryTiles(groups) : []),
  );
}

/** @param {Group[]} groups */
function salaryTiles(groups) {
  const mean = groups.reduce((sum, group) => sum + group.salario_medio * group.empleados, 0) / peopleIn(groups);
  const lowest = Math.min(...groups.map((group) => group.salario_minimo));
  const highest = Math.max(...groups.map((group) => group.salario_maximo));
  return [
    tile(t('summary.mean'), money(mean)),
    tile(t('summary.range'), `${roundMoney(lowest)} – ${roundMoney(highest)}`),
  ];
}

/** @param {Group[]} groups */
const peopleIn = (groups) => groups.reduce((sum, group) => sum + group.empleados, 0);

/** @param {string} label @param {string} value */
const tile = (label, value) => h('div', { class: 'tile' }, h('dt', {}, label), h('dd', {}, value));

/** @param {Group[]} groups @param {number} all how many there are, charted or not */
function charts(groups, all) {
  const note = all > groups.length && h('p', { class: 'muted' }, t('summary.charted', { n: groups.length, all }));
  return h(
    'div',
    { class: 'charts' },
    h(
      'figure',
      {},
      h(
        'figcaption',
        {},
        h('h2', {}, t('summary.byPosition')),
        h('p', { class: 'muted' }, t('summary.byPosition.key')),
      ),
      barChart(groups.map((group) => ({ label: group.posicion, value: group.empleados }))),
      note,
    ),
    may('confidential') && salaryChart(groups, note && note.cloneNode(true)),
  );
}

/** @param {Group[]} groups @param {HTMLElement | false} note */
function salaryChart(groups, note) {
  return h(
    'figure',
    {},
    h('figcaption', {}, h('h2', {}, t('summary.salaries')), h('p', { class: 'muted' }, t('summary.salaries.key'))),
    rangeChart(
      groups.map((group) => ({
        label: group.posicion,
        low: group.salario_minimo,
        mean: group.salario_medio,
        high: group.salario_maximo,
      })),
    ),
    note,
  );
}

/** Their headings and what stands in them. @type {[string, (group: Group) => number][]} */
const SALARY_COLUMNS = [
  ['summary.minimum', (group) => group.salario_minimo],
  ['summary.mean', (group) => group.salario_medio],
  ['summary.maximum', (group) => group.salario_maximo],
];

/** @param {string} position */
const groupLink = (position) =>
  h('a', { href: address('empleados', { posicion: position }), 'data-focus': `group-${position}` }, position);

/** The charts' numbers, for who reads and for who cannot see them. @param {Group[]} groups */
function groupTable(groups) {
  const salaries = may('confidential') ? SALARY_COLUMNS : [];
  const columns = [t('field.posicion'), t('summary.people'), ...salaries.map(([key]) => t(key))];
  const row = (/** @type {Group} */ group) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, groupLink(group.posicion)),
      ...[count(group.empleados), ...salaries.map(([, value]) => money(value(group)))].map((text) =>
        h('td', { class: 'number' }, text),
      ),
    );
  return h(
    'div',
    { class: 'table-scroll', tabindex: '0', role: 'group', 'data-focus': 'table', 'aria-label': t('summary.table') },
    h(
      'table',
      { class: 'plain' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ...columns.map((text, index) => h('th', { scope: 'col', class: index > 0 ? 'number' : null }, text)),
        ),
      ),
      h('tbody', {}, ...groups.map(row)),
    ),
  );
}
