// @ts-check
/**
 * Two charts in SVG, drawn at their actual width, so that their text has the size of all other text. Hidden from
 * screen readers, which read the table beside them.
 */

import { count, roundMoney } from './format.js';
import { html, useLayoutEffect, useRef, useState } from './view.js';

/** @typedef {import('./api.js').Group} Group */

const ROW = 40;
const ROOM_FOR_NUMBER = 56;
/** Half of the last tick's text. */
const ROOM_FOR_TICK = 34;
const CHARACTER = 8;

/** One horizontal bar for each, with its label above it and its number behind it. @param {{groups: Group[]}} props */
export function BarChart({ groups }) {
  const longest = Math.max(...groups.map(({ empleados }) => empleados));
  const bar = (/** @type {Group} */ { posicion, empleados }, /** @type {number} */ index, /** @type {number} */ width) => {
    const top = index * ROW;
    const length = Math.max(2, (empleados / longest) * (width - ROOM_FOR_NUMBER));
    return html`
      <${Text} class="chart-label" x="0" y=${top + 14} width=${width}>${posicion}<//>
      <rect class="chart-bar" x="0" y=${top + 20} width=${length} height="12" rx="3" />
      <${Text} class="chart-number" x=${length + 8} y=${top + 31} width=${width}>${count(empleados)}<//>`;
  };
  return html`
    <${Picture} height=${groups.length * ROW}>
      ${(/** @type {number} */ width) => groups.map((group, index) => bar(group, index, width))}
    <//>`;
}

/** A line from the lowest to the highest salary, with a dot at the mean, on one scale. @param {{groups: Group[]}} props */
export function RangeChart({ groups }) {
  const height = groups.length * ROW;
  const largest = Math.max(...groups.map(({ salario_maximo }) => salario_maximo));
  const draw = (/** @type {number} */ width) => {
    const ticks = scaleTicks(largest, width < 400 ? 3 : 5);
    const x = (/** @type {number} */ value) => 6 + (value / ticks[ticks.length - 1]) * (width - 6 - ROOM_FOR_TICK);
    const grid = (/** @type {number} */ tick) => html`
      <line class="chart-grid" x1=${x(tick)} x2=${x(tick)} y1="0" y2=${height + 4} />
      <${Text} class="chart-tick" x=${x(tick)} y=${height + 20} width=${width} anchor=${tick === 0 ? 'start' : 'middle'}>
        ${roundMoney(tick)}
      <//>`;
    const range = (/** @type {Group} */ group, /** @type {number} */ index) => {
      const [low, mean, high] = [group.salario_minimo, group.salario_medio, group.salario_maximo].map(x);
      const y = index * ROW + 26;
      return html`
        <${Text} class="chart-label" x="0" y=${y - 12} width=${width}>${group.posicion}<//>
        <path class="chart-range" d=${`M${low} ${y - 5}v10m0 -5H${high}m0 -5v10`} />
        <circle class="chart-mean" cx=${mean} cy=${y} r="5" />`;
    };
    return [ticks.map(grid), groups.map(range)];
  };
  return html`<${Picture} height=${height + 26}>${draw}<//>`;
}

/** @param {number} largest @param {number} most @returns {number[]} round numbers from 0 to beyond the largest */
function scaleTicks(largest, most) {
  const rough = Math.max(largest, 1) / (most - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  return Array.from({ length: Math.ceil(largest / step) + 1 }, (_, index) => index * step);
}

/** Draws again for every width that it gets. @param {{height: number, children: (width: number) => any}} props */
function Picture({ height, children }) {
  const [width, setWidth] = useState(0);
  const holder = useRef(null);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([{ contentRect }]) => setWidth(contentRect.width));
    observer.observe(holder.current);
    return () => observer.disconnect();
  }, []);
  return html`
    <div ref=${holder}><svg class="chart" height=${height} aria-hidden="true">${width > 0 && children(width)}</svg></div>`;
}

/** Text that is cut where the chart ends. */
function Text({ width, anchor = 'start', children, ...rest }) {
  const room = Math.floor(width / CHARACTER);
  const content = children.length > room ? `${children.slice(0, room - 1)}…` : children;
  return html`<text text-anchor=${anchor} ...${rest}>${content}</text>`;
}
