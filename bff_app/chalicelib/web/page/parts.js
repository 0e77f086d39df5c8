// @ts-check
/** What views are made of: icons, buttons, headings, figures, tables. */

import { h, svg } from './element.js';

/**
 * @typedef {import('./element.js').Attributes} Attributes
 * @typedef {import('./element.js').Child} Child
 * @typedef {keyof typeof PATHS} Picture
 * @typedef {Attributes & {picture?: Picture}} Options attributes, and an icon before the label
 * @typedef {{title: string, isNumber?: boolean, isHeading?: boolean}} Column `isHeading`: its cells name their rows
 */

/** Drawn with one stroke on a grid of 24 units. */
const PATHS = {
  people:
    'M16 20v-1a4 4 0 0 0-4-4H7a4 4 0 0 0-4 4v1M9.5 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M21 20v-1a4 4 0 0 0-3-3.9M15.5 4.2a3.5 3.5 0 0 1 0 6.6',
  chart: 'M4 20V10M10 20V4M16 20v-7M21 20H3',
  clock: 'M12 7v5l3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18',
  pulse: 'M3 12h4l3-8 4 16 3-8h4',
  upload: 'M12 16V4M7 9l5-5 5 5M4 20h16',
  download: 'M12 4v12M7 11l5 5 5-5M4 20h16',
  plus: 'M12 5v14M5 12h14',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M16 16l5 5',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  close: 'M6 6l12 12M18 6L6 18',
  mail: 'M3 6h18v12H3zM3 7l9 6 9-6',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  warning: 'M12 4L2.5 20h19zM12 10v4M12 17v.5',
  previous: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  refresh: 'M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6',
  undo: 'M4 9h10a6 6 0 0 1 0 12h-3M8 5L4 9l4 4',
  offline:
    'M3 3l18 18M5 12a10 10 0 0 1 4-2.5M2 8.5A15 15 0 0 1 7 5.6M12 19v.5M8.5 15.5a5 5 0 0 1 6 0M11 5a15 15 0 0 1 11 3.5M15 9.6a10 10 0 0 1 4 2.4',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4.5 20.5a7.5 7.5 0 0 1 15 0',
  enter: 'M14 4h5v16h-5M3 12h11M10 8l4 4-4 4',
  leave: 'M10 4H5v16h5M10 12h11M17 8l4 4-4 4',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  globe:
    'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M3 12h18M12 3c3 2.5 3.5 6 3.5 9s-.5 6.5-3.5 9c-3-2.5-3.5-6-3.5-9s.5-6.5 3.5-9',
  sun: 'M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8M12 3v1.5M12 19.5V21M3 12h1.5M19.5 12H21M5.6 5.6l1.1 1.1M17.3 17.3l1.1 1.1M5.6 18.4l1.1-1.1M17.3 6.7l1.1-1.1',
};

/** Decoration: the text beside it speaks. @param {Picture} name @returns {SVGElement} */
export const icon = (name) =>
  svg('svg', { class: 'icon', viewBox: '0 0 24 24', 'aria-hidden': 'true' }, svg('path', { d: PATHS[name] }));

/** An icon with its text. @param {Picture} picture @param {...Child} text */
export const labelled = (picture, ...text) => [icon(picture), h('span', {}, ...text)];

/** @param {string} label @param {() => void} onclick @param {Options} [options] */
export const button = (label, onclick, { picture, ...attributes } = {}) =>
  h('button', { type: 'button', onclick, ...attributes }, picture && icon(picture), label);

/** A button without words for those who see. @param {Picture} picture @param {string} label @param {() => void} onclick @param {Attributes} [attributes] */
export const iconButton = (picture, label, onclick, attributes = {}) =>
  h('button', { type: 'button', class: 'icon-button', 'aria-label': label, onclick, ...attributes }, icon(picture));

/** A link that looks like a button. @param {string} label @param {string} href @param {Options} [options] */
export const linkButton = (label, href, { picture, ...attributes } = {}) =>
  h('a', { class: 'button', href, ...attributes }, picture && icon(picture), label);

/** @param {string} title @param {...Child} actions */
export const viewHeading = (title, ...actions) =>
  h('header', { class: 'view-heading' }, h('h1', { tabindex: '-1' }, title), h('div', { class: 'actions' }, ...actions));

/** A term and what it says, for a `dl`. @param {string} term @param {Child} value @param {Attributes} [attributes] */
export const fact = (term, value, attributes = {}) => h('div', attributes, h('dt', {}, term), h('dd', {}, value));

/** Large figures beside each other. @param {...[string, Child]} figures label and value */
export const tiles = (...figures) =>
  h('dl', { class: 'tiles' }, ...figures.map(([label, value]) => fact(label, value, { class: 'tile' })));

/**
 * A table that scrolls by itself where it is too wide.
 *
 * @param {string} label
 * @param {Column[]} columns
 * @param {Child[][]} rows
 * @returns {{element: HTMLElement, add: (rows: Child[][]) => void}}
 */
export function plainTable(label, columns, rows) {
  const number = (/** @type {Column} */ column) => (column.isNumber ? 'number' : null);
  const cell = (/** @type {Child} */ content, /** @type {number} */ index) =>
    columns[index].isHeading
      ? h('th', { scope: 'row', class: number(columns[index]) }, content)
      : h('td', { class: number(columns[index]) }, content);
  const headings = columns.map((column) => h('th', { scope: 'col', class: number(column) }, column.title));
  const body = h('tbody', {});
  const add = (/** @type {Child[][]} */ more) => body.append(...more.map((cells) => h('tr', {}, ...cells.map(cell))));
  add(rows);
  const element = h(
    'div',
    { class: 'table-scroll', tabindex: '0', role: 'group', 'data-focus': 'table', 'aria-label': label },
    h('table', { class: 'plain' }, h('thead', {}, h('tr', {}, ...headings)), body),
  );
  return { element, add };
}
