/**
 * The keyboard's place, and announcements for screen readers. When the focused element goes, the browser leaves the
 * focus nowhere: the person has to find the way back, and a screen reader falls silent.
 */

import { html } from './view.js';

/** What has the focus, and the view or panel around it. */
let held = null;
let announcer = null;

export const Announcer = () =>
  html`<p class="visually-hidden" role="status" ref=${(element) => (announcer = element)} />`;

/** Say `text` to a screen reader. */
export function announce(text) {
  if (announcer) announcer.textContent = text;
}

addEventListener('focusin', ({ target }) => {
  const element = target;
  held = { element, around: element.closest('.view, .panel-frame') };
});

new MutationObserver(() => {
  if (!held || ![document.body, held.element].includes((document.activeElement))) return;
  if (held.element.isConnected && !held.element.matches(':disabled, [hidden]')) return;
  const root = held.around?.isConnected ? held.around : document.querySelector('.view');
  held = null;
  (root?.querySelector('h1, h2'))?.focus({ preventScroll: true });
}).observe(document.documentElement, { childList: true, subtree: true, attributeFilter: ['disabled', 'hidden'] });
