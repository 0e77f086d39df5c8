// @ts-check
/**
 * Announcements for screen readers, and the keyboard's place across redraws: when the focused element is removed, the
 * focus goes to the document, the person has to find the way back, and a screen reader falls silent.
 */

import { h } from './element.js';

export const announcer = h('p', { class: 'visually-hidden', role: 'status' });

/** Says `text` to a screen reader. @param {string} text */
export function announce(text) {
  announcer.textContent = text;
}

/**
 * Replace the content of `root`. If the focus was in it, it goes to the element with the same `data-focus`, or to the
 * heading of the view or panel. @param {HTMLElement} root @param {...HTMLElement} children
 */
export function redraw(root, ...children) {
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  root.replaceChildren(...children);
  if (focused) focusAgain(root, focused.getAttribute('data-focus'));
}

/** Focus the element with this `data-focus`, or the heading. @param {HTMLElement} root @param {string | null} name */
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
