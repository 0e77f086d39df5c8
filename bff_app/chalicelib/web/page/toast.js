// @ts-check
/** Short notices at the foot of the page. One that ends by itself waits while the pointer or the keyboard is on it. */

import { focusHeading } from './accessibility.js';
import { h } from './element.js';
import { button, icon, iconButton } from './parts.js';
import { t } from './texts.js';

const TICK_MS = 200;
const READING_SECONDS = 6;
const PICTURES = /** @type {const} */ ({ done: 'check', waiting: 'clock', error: 'warning' });
const TONES = { done: 'good', waiting: '', error: 'bad' };

/** There from the beginning: a screen reader does not announce a live region that is inserted with its text. */
export const toasts = h('div', { class: 'toasts', role: 'status', 'aria-atomic': 'false' });

/** @typedef {{close: () => void}} Toast */

/**
 * @param {string} text
 * @param {{kind?: keyof typeof PICTURES, seconds?: number, action?: {label: string, run: () => void}, onEnd?: () => void}} [options]
 *   `seconds`: how long it stays; an error stays until closed. `onEnd`: called when time is over or it is closed
 * @returns {Toast}
 */
export function toast(
  text,
  { kind = 'done', seconds = kind === 'error' ? Infinity : READING_SECONDS, action, onEnd } = {},
) {
  let left = seconds * 1000;
  const clock = h('span', { class: 'toast-clock', 'aria-hidden': 'true' });
  /** What had the focus before. @type {HTMLElement | null} */
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
    { class: `toast ${TONES[kind]}` },
    icon(PICTURES[kind]),
    h('p', {}, text),
    action && button(action.label, act, { class: 'quiet' }),
    onEnd && clock,
    iconButton('close', t('close'), end),
  );
  element.addEventListener('focusin', ({ relatedTarget }) => {
    const from = /** @type {HTMLElement | null} */ (relatedTarget);
    if (!element.contains(from)) before = from;
  });
  let last = performance.now();
  const tick = () => {
    // Browsers run the timers of background tabs once a minute: measure the time passed.
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
