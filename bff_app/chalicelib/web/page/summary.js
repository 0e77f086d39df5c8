// @ts-check
/** Head count and salaries by position. */

import { redraw } from './accessibility.js';
import { getSummary } from './api.js';
import { changes } from './changes.js';
import { barChart, rangeChart } from './charts.js';
import { h } from './element.js';
import { count, money, roundMoney } from './format.js';
import { newLink } from './list.js';
import { plainTable, tiles, viewHeading } from './parts.js';
import { address } from './router.js';
import { may } from './session.js';
import { attempt, empty, skeleton } from './states.js';
import { t } from './texts.js';

/** @typedef {import('./api.js').Group} Group */

/** More bars are no picture any more; the table has them all. */
const CHARTED = 12;

/** The columns of salaries, and what stands in them. @type {[string, (group: Group) => number][]} */
const SALARIES = [
  ['summary.minimum', (group) => group.salario_minimo],
  ['summary.mean', (group) => group.salario_medio],
  ['summary.maximum', (group) => group.salario_maximo],
];

/** @param {HTMLElement} root @param {import('./router.js').Route} _route @param {AbortSignal} signal */
export async function mount(root, _route, signal) {
  const body = h('div', { class: 'summary' }, skeleton(10));
  root.replaceChildren(viewHeading(t('view.resumen')), body);
  const load = () => attempt(body, signal, async () => redraw(body, ...summary(await getSummary(signal))));
  changes.addEventListener('change', load, { signal });
  await load();
}

/** @param {Group[]} groups @returns {HTMLElement[]} */
function summary(groups) {
  if (groups.length === 0) {
    return [empty(t('summary.empty.title'), t('summary.empty.text'), may('write') && newLink())];
  }
  return [figures(groups), charts(groups.slice(0, CHARTED), groups.length), groupTable(groups)];
}

/** @param {Group[]} groups */
function figures(groups) {
  const people = groups.reduce((sum, group) => sum + group.empleados, 0);
  const counts = /** @type {[string, string][]} */ ([
    [t('summary.people'), count(people)],
    [t('summary.positions'), count(groups.length)],
  ]);
  if (!may('confidential')) return tiles(...counts);
  const mean = groups.reduce((sum, group) => sum + group.salario_medio * group.empleados, 0) / people;
  const lowest = Math.min(...groups.map((group) => group.salario_minimo));
  const highest = Math.max(...groups.map((group) => group.salario_maximo));
  return tiles(
    ...counts,
    [t('summary.mean'), money(mean)],
    [t('summary.range'), `${roundMoney(lowest)} – ${roundMoney(highest)}`],
  );
}

/** @param {Group[]} groups @param {number} all the number of positions, charted or not */
function charts(groups, all) {
  const heads = groups.map((group) => ({ label: group.posicion, value: group.empleados }));
  const ranges = groups.map((group) => ({
    label: group.posicion,
    low: group.salario_minimo,
    mean: group.salario_medio,
    high: group.salario_maximo,
  }));
  const figure = (/** @type {string} */ key, /** @type {HTMLElement} */ chart) =>
    h(
      'figure',
      {},
      h('figcaption', {}, h('h2', {}, t(key)), h('p', { class: 'muted' }, t(`${key}.key`))),
      chart,
      all > groups.length && h('p', { class: 'muted' }, t('summary.charted', { n: groups.length, all })),
    );
  return h(
    'div',
    { class: 'charts' },
    figure('summary.byPosition', barChart(heads)),
    may('confidential') && figure('summary.salaries', rangeChart(ranges)),
  );
}

/** The charts' numbers, also for those who cannot see the charts. @param {Group[]} groups */
function groupTable(groups) {
  const salaries = may('confidential') ? SALARIES : [];
  const numbers = [t('summary.people'), ...salaries.map(([key]) => t(key))];
  const link = (/** @type {string} */ position) =>
    h('a', { href: address('empleados', { posicion: position }), 'data-focus': `group-${position}` }, position);
  return plainTable(
    t('summary.table'),
    [{ title: t('field.posicion'), isHeading: true }, ...numbers.map((title) => ({ title, isNumber: true }))],
    groups.map((group) => [
      link(group.posicion),
      count(group.empleados),
      ...salaries.map(([, value]) => money(value(group))),
    ]),
  ).element;
}
