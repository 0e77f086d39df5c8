/** Head count and salaries by position. */

import { getSummary } from './api.js';
import { BarChart, RangeChart } from './charts.js';
import { count, money, roundMoney } from './format.js';
import { NewLink } from './list.js';
import { Facts, PlainTable, ViewHeading } from './parts.js';
import { address } from './router.js';
import { may } from './session.js';
import { Empty, Loaded } from './states.js';
import { t } from './texts.js';
import { html, useResource } from './view.js';

/** More bars are no picture any more; the table has them all. */
const CHARTED = 12;

/** The columns of salaries, and what stands in them. */
const SALARIES = [
  ['summary.minimum', (group) => group.salario_minimo],
  ['summary.mean', (group) => group.salario_medio],
  ['summary.maximum', (group) => group.salario_maximo],
];

export default function Summary() {
  const summary = useResource(getSummary, []);
  return html`
    <${ViewHeading} title=${t('view.resumen')} />
    <div class="summary"><${Loaded} from=${summary} lines=${10}>${(groups) => content(groups)}<//></div>`;
}

function content(groups) {
  if (groups.length > 0) return [figures(groups), charts(groups.slice(0, CHARTED), groups.length), table(groups)];
  return html`
    <${Empty} title=${t('summary.empty.title')} text=${t('summary.empty.text')}>${may('write') && html`<${NewLink} />`}<//>`;
}

function figures(groups) {
  const people = groups.reduce((sum, group) => sum + group.empleados, 0);
  const facts = [
    [t('summary.people'), count(people)],
    [t('summary.positions'), count(groups.length)],
  ];
  if (may('confidential')) {
    const mean = groups.reduce((sum, group) => sum + group.salario_medio * group.empleados, 0) / people;
    const lowest = Math.min(...groups.map((group) => group.salario_minimo));
    const highest = Math.max(...groups.map((group) => group.salario_maximo));
    facts.push(
      [t('summary.mean'), money(mean)],
      [t('summary.range'), `${roundMoney(lowest)} – ${roundMoney(highest)}`],
    );
  }
  return html`<${Facts} class="tiles" facts=${facts} />`;
}

function charts(groups, all) {
  const figure = (title, explanation, Chart) => html`
    <figure>
      <figcaption><h2>${title}</h2><p class="muted">${explanation}</p></figcaption>
      <${Chart} groups=${groups} />
      ${all > groups.length && html`<p class="muted">${t('summary.charted', { n: groups.length, all })}</p>`}
    </figure>`;
  return html`
    <div class="charts">
      ${figure(t('summary.byPosition'), t('summary.byPosition.key'), BarChart)}
      ${may('confidential') && figure(t('summary.salaries'), t('summary.salaries.key'), RangeChart)}
    </div>`;
}

/** The charts' numbers, also for those who cannot see the charts. */
function table(groups) {
  const salaries = may('confidential') ? SALARIES : [];
  const numbers = [t('summary.people'), ...salaries.map(([key]) => t(key))];
  const columns = [
    { title: t('field.posicion'), isHeading: true },
    ...numbers.map((title) => ({ title, isNumber: true })),
  ];
  const rows = groups.map((group) => [
    html`<a href=${address('empleados', { posicion: group.posicion })}>${group.posicion}</a>`,
    count(group.empleados),
    ...salaries.map(([, value]) => money(value(group))),
  ]);
  return html`<${PlainTable} label=${t('summary.table')} columns=${columns} rows=${rows} />`;
}
