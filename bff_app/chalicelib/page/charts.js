// @ts-check
/** Two charts in SVG. They are pictures of a table that stands beside them, so a screen reader is not given them too. */

import { svg } from './element.js';
import { count, roundMoney } from './format.js';

const WIDTH = 560;
const ROW = 40;
const PLOT_LEFT = 8;
const PLOT_RIGHT = 480; // leaves room for the last number

/**
 * @param {{label: string, value: number}[]} bars
 * @returns {SVGElement} one horizontal bar for each, with its label above it and its number behind it
 */
export function barChart(bars) {
  const longest = Math.max(...bars.map(({ value }) => value));
  return chart(
    bars.length * ROW,
    bars.flatMap(({ label, value }, index) => {
      const top = index * ROW;
      const length = Math.max(2, (value / longest) * (PLOT_RIGHT - PLOT_LEFT));
      return [
        text(PLOT_LEFT, top + 14, label, 'chart-label'),
        svg('rect', { class: 'chart-bar', x: PLOT_LEFT, y: top + 20, width: length, height: 12, rx: 3 }),
        text(PLOT_LEFT + length + 8, top + 31, count(value), 'chart-number'),
      ];
    }),
  );
}

/**
 * @param {{label: string, low: number, mean: number, high: number}[]} ranges
 * @returns {SVGElement} a line from the lowest to the highest of each, with a dot at the mean, on one scale
 */
export function rangeChart(ranges) {
  const ticks = scaleTicks(Math.max(...ranges.map(({ high }) => high)));
  const end = ticks[ticks.length - 1];
  const x = (/** @type {number} */ value) => PLOT_LEFT + (value / end) * (WIDTH - 2 * PLOT_LEFT - 24);
  const height = ranges.length * ROW;
  const grid = ticks.flatMap((tick) => [
    svg('line', { class: 'chart-grid', x1: x(tick), x2: x(tick), y1: 0, y2: height + 4 }),
    text(x(tick), height + 20, roundMoney(tick), 'chart-tick', tick === 0 ? 'start' : 'middle'),
  ]);
  const marks = ranges.flatMap(({ label, low, mean, high }, index) => {
    const y = index * ROW + 26;
    return [
      text(PLOT_LEFT, index * ROW + 14, label, 'chart-label'),
      svg('line', { class: 'chart-range', x1: x(low), x2: x(high), y1: y, y2: y }),
      svg('line', { class: 'chart-end', x1: x(low), x2: x(low), y1: y - 5, y2: y + 5 }),
      svg('line', { class: 'chart-end', x1: x(high), x2: x(high), y1: y - 5, y2: y + 5 }),
      svg('circle', { class: 'chart-mean', cx: x(mean), cy: y, r: 5 }),
    ];
  });
  return chart(height + 26, [...grid, ...marks]);
}

/** @param {number} largest @returns {number[]} round numbers from 0 to beyond the largest, five at most */
function scaleTicks(largest) {
  const rough = Math.max(largest, 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  return Array.from({ length: Math.ceil(largest / step) + 1 }, (_, index) => index * step);
}

/** @param {number} height @param {SVGElement[]} marks @returns {SVGElement} */
function chart(height, marks) {
  return svg('svg', { class: 'chart', viewBox: `0 0 ${WIDTH} ${height}`, 'aria-hidden': 'true' }, ...marks);
}

/** @param {number} x @param {number} y @param {string} content @param {string} kind @param {string} [anchor] */
function text(x, y, content, kind, anchor = 'start') {
  const shown = content.length > 60 ? `${content.slice(0, 59)}…` : content;
  return svg('text', { class: kind, x, y, 'text-anchor': anchor }, shown);
}
