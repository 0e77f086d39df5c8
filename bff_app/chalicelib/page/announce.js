// @ts-check
/** Says to a screen reader what a seeing person notices by looking. */

import { h } from './element.js';

export const announcer = h('p', { class: 'visually-hidden', role: 'status' });

/** @param {string} text */
export function announce(text) {
  announcer.textContent = text;
}
