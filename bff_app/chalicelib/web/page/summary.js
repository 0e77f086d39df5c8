/** Head count and salaries by position. */

import { getSummary } from './api.js';
import { count, money, roundMoney, unit } from './fields.js';
import { noEmployees } from './list.js';
import { Facts, Loaded, PlainTable, ViewHeading } from './parts.js';
import { address } from './router.js';
import { may } from './session.js';
import { html, useResource } from './view.js';
import { t } from './view_texts.js';

const SALARIES = [
  ['summary.minimum', (group) => group.salario_minimo],
  ['summary.mean', (group) => group.salario_medio],
  ['summary.maximum', (group) => group.salario_maximo],
];

export default function Summary() {
  const summary = useResource(getSummary, []);
  return html`
    <${ViewHeading} title=${t('view.resumen')} />
    <div class="summary"><${Loaded} from=${summary} lines=${10}>${(groups) =>
      groups.length > 0 ? [figures(groups), table(groups)] : noEmployees()}<//></div>`;
}

function figures(groups) {
  const people = groups.reduce((sum, group) => sum + group.empleados, 0);
  const facts = [
    [t('view.empleados'), count(people)],
    [t('summary.positions'), count(groups.length)],
  ];
  if (may('confidential')) {
    const mean = groups.reduce((sum, group) => sum + group.salario_medio * group.empleados, 0) / people;
    const lowest = Math.min(...groups.map((group) => group.salario_minimo));
    const highest = Math.max(...groups.map((group) => group.salario_maximo));
    facts.push(
      [`${t('summary.mean')} (${unit()})`, money(mean)],
      [`${t('summary.range')} (${unit()})`, `${roundMoney(lowest)} – ${roundMoney(highest)}`],
    );
  }
  return html`<${Facts} class="tiles" facts=${facts} />`;
}

/** A line for each position; the bars compare the numbers before them. */
function table(groups) {
  const salaries = may('confidential') ? SALARIES : [];
  const most = Math.max(...groups.map(({ empleados }) => empleados));
  const figure = { display: 'inline-block', minWidth: `${count(most).length}ch` };
  const highest = Math.max(1, ...groups.map((group) => group.salario_maximo ?? 0));
  const titles = [t('view.empleados'), ...salaries.map(([key]) => t(key))];
  const columns = [
    { title: t('field.posicion'), isHeading: true },
    ...titles.map((title) => ({ title, isNumber: true })),
    ...(may('confidential') ? [{ title: t('summary.range') }] : []),
  ];
  const rows = groups.map((group) => [
    html`<a href=${address('empleados', { posicion: group.posicion })}>${group.posicion}</a>`,
    html`<${Bar} to=${group.empleados / most} /><span style=${figure}>${count(group.empleados)}</span>`,
    ...salaries.map(([, value]) => money(value(group))),
    html`<${Bar} from=${group.salario_minimo / highest} to=${group.salario_maximo / highest} mark=${group.salario_medio / highest} />`,
  ]);
  return html`<${PlainTable} label=${t('summary.table')} columns=${columns} rows=${rows.map((row) => row.slice(0, columns.length))} />`;
}

/** From and to which part of its width, between 0 and 1, and a mark between them. */
const Bar = ({ from = 0, to, mark }) => html`
  <span class="chart" aria-hidden="true">
    <span class="chart-bar" style=${{ left: percent(from), right: percent(1 - to) }} />
    ${mark !== undefined && html`<span class="chart-mark" style=${{ left: percent(mark) }} />`}
  </span>`;

const percent = (part) => `${100 * part}%`;
