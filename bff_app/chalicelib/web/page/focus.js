/**
 * The keyboard's place, and announcements for screen readers. When the focused element goes, the browser leaves the
 * focus nowhere: the person has to find the way back, and a screen reader falls silent.
 */

/** What has the focus, and the view or panel around it. */
let held = null;
/** There from the beginning: a screen reader does not announce a live region that is inserted with its text. */
export const liveRegion = document.createElement('div');
Object.assign(liveRegion, { className: 'visually-hidden', role: 'status', ariaAtomic: 'false' });
const MOST_SAID = 4;

/** Say `text` to a screen reader. What was just said stays: two things may happen at once. */
export function announce(text) {
  const line = document.createElement('p');
  line.textContent = text;
  liveRegion.append(line);
  if (liveRegion.childElementCount > MOST_SAID) liveRegion.firstElementChild.remove();
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
