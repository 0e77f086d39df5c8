// @ts-check
/** The frame of a panel beside the list: heading, close button and body. */

import { h, newId } from './element.js';
import { iconButton } from './parts.js';
import { address, currentRoute, go } from './router.js';
import { skeleton } from './states.js';
import { t } from './texts.js';

/** @typedef {{element: HTMLElement, heading: HTMLElement, body: HTMLElement}} Frame */

/** @param {string} title @returns {Frame} */
export function panelFrame(title) {
  const body = h('div', { class: 'panel-body' });
  const heading = h('h2', { id: newId(), tabindex: '-1' });
  const close = iconButton('close', t('close'), closePanel);
  const element = h(
    'section',
    { class: 'panel-frame', 'aria-labelledby': heading.id },
    h('header', { class: 'panel-heading' }, heading, close),
    body,
  );
  const frame = { element, heading, body };
  nameFrame(frame, title);
  return frame;
}

/** In the heading, and in the title of the tab: that is what the browser's history shows. @param {Frame} frame @param {string} name */
export function nameFrame({ heading }, name) {
  heading.textContent = name;
  document.title = `${name} · ${t('app.short')}`;
}

/** A frame that waits for its content, with the focus on its heading. @param {HTMLElement} root @param {string} title @returns {Frame} */
export function waitingFrame(root, title) {
  const frame = panelFrame(title);
  frame.body.replaceChildren(skeleton(8));
  root.replaceChildren(frame.element);
  frame.heading.focus({ preventScroll: true });
  return frame;
}

export function closePanel() {
  go(address('empleados', currentRoute().query));
}

/**
 * A link to another panel, or with null out of the panels. It keeps the list's query as it is when clicked.
 *
 * @param {import('./router.js').Panel | null} panel
 * @param {import('./element.js').Attributes} attributes
 * @param {...(import('./element.js').Child)} children
 */
export function panelLink(panel, attributes, ...children) {
  const link = h('a', attributes, ...children);
  const point = () => (link.href = address('empleados', currentRoute().query, panel));
  point();
  link.addEventListener('click', point);
  return link;
}
