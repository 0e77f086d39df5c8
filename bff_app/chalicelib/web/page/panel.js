// @ts-check
/** The frame of what stands beside the list: a heading, a way to close it, and the body. */

import { h, newId } from './element.js';
import { icon } from './icons.js';
import { address, currentRoute, go } from './router.js';
import { skeleton } from './states.js';
import { t } from './texts.js';

/** @typedef {{element: HTMLElement, heading: HTMLElement, body: HTMLElement}} Frame */

/** @param {string} title @returns {Frame} */
export function panelFrame(title) {
  const body = h('div', { class: 'panel-body' });
  const heading = h('h2', { id: newId(), tabindex: '-1' }, title);
  const element = h(
    'section',
    { class: 'panel-frame', 'aria-labelledby': heading.id },
    h(
      'header',
      { class: 'panel-heading' },
      heading,
      h(
        'button',
        { type: 'button', class: 'icon-button', 'aria-label': t('close'), onclick: closePanel },
        icon('close'),
      ),
    ),
    body,
  );
  return { element, heading, body };
}

/**
 * The frame in `root` for as long as its content is on its way: the keyboard is on the heading.
 *
 * @param {HTMLElement} root
 * @param {string} title
 * @returns {Frame}
 */
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
 * A link to another panel, or out of the panels. It keeps the list as it is at the moment of the click, for that may
 * have changed since the link was drawn.
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
