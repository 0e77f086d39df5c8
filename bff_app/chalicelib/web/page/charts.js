// @ts-check
/**
 * Two charts in SVG, drawn at their actual width, so that their text has the size of all other text. Hidden from
 * screen readers, which read the table beside them.
 */

import { h, svg } from './element.js';
import { count, roundMoney } from './format.js';

const ROW = 40;
const ROOM_FOR_NUMBER = 56;
/** Half of the last tick's text. */
const ROOM_FOR_TICK = 34;
const CHARACTER = 8;

/**
 * @param {{label: string, value: number}[]} bars
 * @returns {HTMLElement} one horizontal bar for each, with its label above it and its number behind it
 */
export function barChart(bars) {
  const longest = Math.max(...bars.map(({ value }) => value));
  return drawn(bars.length * ROW, (width) =>
    bars.flatMap(({ label, value }, index) => {
      const top = index * ROW;
      const length = Math.max(2, (value / longest) * (width - ROOM_FOR_NUMBER));
      return [
        text(0, top + 14, label, 'chart-label', width),
        svg('rect', { class: 'chart-bar', x: 0, y: top + 20, width: length, height: 12, rx: 3 }),
        text(length + 8, top + 31, count(value), 'chart-number', width),
      ];
    }),
  );
}

/**
 * @param {{label: string, low: number, mean: number, high: number}[]} ranges
 * @returns {HTMLElement} a line from the lowest to the highest of each, with a dot at the mean, on one scale
 */
export function rangeChart(ranges) {
  const height = ranges.length * ROW;
  const largest = Math.max(...ranges.map(({ high }) => high));
  return drawn(height + 26, (width) => {
    const ticks = scaleTicks(largest, width < 400 ? 3 : 5);
    const end = ticks[ticks.length - 1];
    const x = (/** @type {number} */ value) => 6 + (value / end) * (width - 6 - ROOM_FOR_TICK);
    const grid = ticks.flatMap((tick) => [
      svg('line', { class: 'chart-grid', x1: x(tick), x2: x(tick), y1: 0, y2: height + 4 }),
      text(x(tick), height + 20, roundMoney(tick), 'chart-tick', width, tick === 0 ? 'start' : 'middle'),
    ]);
    const marks = ranges.flatMap(({ label, low, mean, high }, index) => {
      const y = index * ROW + 26;
      return [
        text(0, index * ROW + 14, label, 'chart-label', width),
        svg('line', { class: 'chart-range', x1: x(low), x2: x(high), y1: y, y2: y }),
        svg('line', { class: 'chart-end', x1: x(low), x2: x(low), y1: y - 5, y2: y + 5 }),
        svg('line', { class: 'chart-end', x1: x(high), x2: x(high), y1: y - 5, y2: y + 5 }),
        svg('circle', { class: 'chart-mean', cx: x(mean), cy: y, r: 5 }),
      ];
    });
    return [...grid, ...marks];
  });
}

/** @param {number} largest @param {number} most @returns {number[]} round numbers from 0 to beyond the largest */
function scaleTicks(largest, most) {
  const rough = Math.max(largest, 1) / (most - 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  return Array.from({ length: Math.ceil(largest / step) + 1 }, (_, index) => index * step);
}

/**
 * @param {number} height in CSS pixels
 * @param {(width: number) => SVGElement[]} draw called with every width that the chart gets
 * @returns {HTMLElement}
 */
function drawn(height, draw) {
  const picture = svg('svg', { class: 'chart', height, 'aria-hidden': 'true' });
  const holder = h('div', {}, picture);
  new ResizeObserver(([{ contentRect }]) => picture.replaceChildren(...draw(contentRect.width))).observe(holder);
  return holder;
}

/** @param {number} x @param {number} y @param {string} content @param {string} kind @param {number} width @param {string} [anchor] */
function text(x, y, content, kind, width, anchor = 'start') {
  const room = Math.floor(width / CHARACTER);
  const shown = content.length > room ? `${content.slice(0, room - 1)}…` : content;
  return svg('text', { class: kind, x, y, 'text-anchor': anchor }, shown);
}
