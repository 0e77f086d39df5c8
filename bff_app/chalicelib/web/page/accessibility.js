// @ts-check
/**
 * What the page does for who does not see it, or has no mouse: it says what others notice by looking, and keeps the
 * keyboard's place where it draws anew. An element that is taken away while it has the focus gives it to the document:
 * the way has to be found again, and a screen reader falls silent. One module, for each is a request before the rows.
 */

import { h } from './element.js';

export const announcer = h('p', { class: 'visually-hidden', role: 'status' });

/** Says `text` to a screen reader. @param {string} text */
export function announce(text) {
  announcer.textContent = text;
}

/**
 * Put `children` in the place of what stands in `root`. If the keyboard was there, it goes to what now has the same
 * `data-focus`, or to the heading of the view or panel.
 *
 * @param {HTMLElement} root
 * @param {...HTMLElement} children
 */
export function redraw(root, ...children) {
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  root.replaceChildren(...children);
  if (focused) focusAgain(root, focused.getAttribute('data-focus'));
}

/**
 * Give the keyboard to what has this `data-focus` in `root`, or to the heading where nothing has it or takes the focus.
 *
 * @param {HTMLElement} root
 * @param {string | null} name
 */
export function focusAgain(root, name) {
  const named = name === null ? null : root.querySelector(`[data-focus="${CSS.escape(name)}"]`);
  /** @type {HTMLElement | null} */ (named)?.focus({ preventScroll: true });
  if (named === null || named !== document.activeElement) focusHeading(root);
}

/** The heading of the view or panel that `root` is part of, or else of the view. @param {Element} root */
export function focusHeading(root) {
  const around = root.closest('.view, .panel-frame') ?? document.querySelector('.view');
  /** @type {HTMLElement | null | undefined} */ (around?.querySelector('h1, h2'))?.focus({ preventScroll: true });
}
