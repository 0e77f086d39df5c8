// @ts-check
/** Short notices at the foot of the page. One that ends by itself waits while somebody points at it or is in it. */

import { focusHeading } from './accessibility.js';
import { h } from './element.js';
import { icon } from './icons.js';
import { t } from './texts.js';

const TICK_MS = 200;
const READING_SECONDS = 6;
const PICTURES = /** @type {const} */ ({ done: 'check', waiting: 'clock', error: 'warning' });
const TONES = { done: 'good', waiting: '', error: 'bad' };

export const toasts = h('section', { class: 'toasts' });

/** @typedef {{close: () => void}} Toast */

/**
 * @param {string} text
 * @param {{kind?: keyof typeof PICTURES, seconds?: number, action?: {label: string, run: () => void}, onEnd?: () => void}} [options]
 *   `seconds`: how long it stays, an error until it is closed. `onEnd`: its time is over (closing it by hand counts too)
 * @returns {Toast}
 */
export function toast(
  text,
  { kind = 'done', seconds = kind === 'error' ? Infinity : READING_SECONDS, action, onEnd } = {},
) {
  let left = seconds * 1000;
  const clock = h('span', { class: 'toast-clock', 'aria-hidden': 'true' });
  /** Where the keyboard was before it came here. @type {HTMLElement | null} */
  let before = null;
  const close = () => {
    clearInterval(timer);
    const hasFocus = element.contains(document.activeElement);
    element.remove();
    if (hasFocus) giveBack(before);
  };
  const end = () => {
    close();
    onEnd?.();
  };
  const act = () => {
    close();
    action?.run();
  };
  const element = h(
    'div',
    { class: `toast ${TONES[kind]}`, role: kind === 'error' ? 'alert' : 'status' },
    icon(PICTURES[kind]),
    h('p', {}, text),
    action && h('button', { type: 'button', class: 'quiet', onclick: act }, action.label),
    onEnd && clock,
    h('button', { type: 'button', class: 'icon-button', 'aria-label': t('close'), onclick: end }, icon('close')),
  );
  element.addEventListener('focusin', ({ relatedTarget }) => {
    const from = /** @type {HTMLElement | null} */ (relatedTarget);
    if (!element.contains(from)) before = from;
  });
  let last = performance.now();
  const tick = () => {
    // By the clock: a browser lets the timers of a tab in the background tick once a minute.
    const passed = performance.now() - last;
    last += passed;
    if (element.matches(':hover, :focus-within')) return;
    left -= passed;
    clock.textContent = `${Math.max(0, Math.ceil(left / 1000))} s`;
    if (left <= 0) end();
  };
  const timer = Number.isFinite(left) ? setInterval(tick, TICK_MS) : undefined;
  clock.textContent = `${seconds} s`;
  toasts.append(element);
  return { close };
}

/** @param {HTMLElement | null} place */
function giveBack(place) {
  if (place?.isConnected) place.focus({ preventScroll: true });
  else focusHeading(toasts);
}
