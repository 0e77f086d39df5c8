/** Head count and salaries by position. */

import { getSummary } from './api.js';
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

const TICKS = 5;

/** A bar for the head count of each position. */
function BarChart({ groups }) {
  const longest = Math.max(...groups.map(({ empleados }) => empleados));
  return html`
    <ol class="chart" aria-hidden="true">
      ${groups.map(({ posicion, empleados }) => html`
        <li>
          <span class="chart-label">${posicion}</span>
          <span class="chart-track"><span class="chart-bar" style=${{ width: percent(empleados / longest) }} /></span>
          <span class="muted">${count(empleados)}</span>
        </li>`)}
    </ol>`;
}

/** A line from the lowest to the highest salary of each position, with a dot at the mean. */
function RangeChart({ groups }) {
  const step = roundStep(Math.max(...groups.map(({ salario_maximo }) => salario_maximo)) / (TICKS - 1));
  const end = step * (TICKS - 1);
  const ticks = Array.from({ length: TICKS }, (_, index) => index * step);
  return html`
    <ol class="chart" aria-hidden="true">
      ${groups.map(({ posicion, salario_minimo, salario_medio, salario_maximo }) => html`
        <li>
          <span class="chart-label">${posicion}</span>
          <span class="chart-track">
            <span class="chart-range" style=${{ left: percent(salario_minimo / end), right: percent(1 - salario_maximo / end) }} />
            <span class="chart-mean" style=${{ left: percent(salario_medio / end) }} />
          </span>
        </li>`)}
      <li class="chart-scale muted">${ticks.map((tick) => html`<span>${roundMoney(tick)}</span>`)}</li>
    </ol>`;
}

const percent = (part) => `${100 * part}%`;

function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= least) ?? least;
}
