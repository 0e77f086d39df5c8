/** Two charts. Hidden from screen readers, which read the table beside them. */

import { count, roundMoney } from './format.js';
import { html } from './view.js';

const TICKS = 5;

/** A bar for the head count of each position. */
export function BarChart({ groups }) {
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
export function RangeChart({ groups }) {
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
