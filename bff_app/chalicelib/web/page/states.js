// @ts-check
/** Views without content: waiting, empty, failed. */

import { redraw } from './accessibility.js';
import { h } from './element.js';
import { button, icon } from './parts.js';
import { t } from './texts.js';

/** @typedef {import('./http.js').ApiError} ApiError */

/** @param {number} lines @returns {HTMLElement} grey lines where text will be */
export function skeleton(lines) {
  const bars = Array.from({ length: lines }, () => h('span', { class: 'skeleton-line' }));
  return h(
    'div',
    { class: 'skeleton', role: 'status' },
    h('span', { class: 'visually-hidden' }, t('loading')),
    ...bars,
  );
}

/**
 * @param {string} title empty where the panel's heading says it
 * @param {string} text
 * @param {...(HTMLElement | false)} actions
 * @returns {HTMLElement}
 */
export function empty(title, text, ...actions) {
  const heading = title && h('h2', {}, title);
  return h('div', { class: 'state' }, heading, h('p', {}, text), h('div', { class: 'actions' }, ...actions));
}

/**
 * What went wrong and what to do. `retry` is also called when the network returns.
 *
 * @param {ApiError} error
 * @param {() => void} [retry]
 * @returns {HTMLElement}
 */
export function failure(error, retry) {
  const isHopeless = error.isNotSignedIn || error.isForbidden;
  const again = retry && !isHopeless && button(t('retry'), retry, { picture: 'refresh' });
  const box = h(
    'div',
    { class: 'state bad', role: 'alert' },
    icon('warning'),
    ...explanation(error, retry),
    h('div', { class: 'actions' }, again),
  );
  if (retry && error.kind === 'silence') {
    addEventListener('online', () => box.isConnected && retry(), { once: true });
  }
  return box;
}

/**
 * Run what fills `root`; where that fails, say why, with a way to try again.
 *
 * @param {HTMLElement} root
 * @param {AbortSignal} signal ends the view
 * @param {() => Promise<void>} run
 */
export async function attempt(root, signal, run) {
  try {
    await run();
  } catch (error) {
    if (!signal.aborted) redraw(root, failure(/** @type {any} */ (error), () => attempt(root, signal, run)));
  }
}

/**
 * @param {ApiError} error
 * @param {() => void} [retry] called once the person has signed in, if that is what was missing
 * @returns {HTMLElement[]} the server's words or else ours, and what to do
 */
export function explanation(error, retry) {
  const { title, detail } = words(error);
  return [
    h('h2', {}, title),
    h('p', {}, [detail, advice(error)].filter(Boolean).join(' ')),
    error.isNotSignedIn && signInButton(retry),
    error.requestId && h('p', { class: 'request-id' }, t('error.requestId'), ' ', h('code', {}, error.requestId)),
  ].filter(Boolean);
}

/** @param {(() => void) | undefined} retry */
function signInButton(retry) {
  const signIn = async () => {
    const { askToSignIn } = await import('./sign_in.js');
    if (await askToSignIn()) retry?.();
  };
  return button(t('signIn'), signIn, { class: 'primary', picture: 'enter' });
}

/** @param {ApiError} error @returns {{title: string, detail: string}} */
export function words(error) {
  if (error.kind === 'problem') return { title: error.title || t('error.title'), detail: error.detail };
  if (error.kind === 'unreadable') {
    return { title: t('error.unreadable.title'), detail: t('error.unreadable.detail', { status: error.status }) };
  }
  return navigator.onLine
    ? { title: t('error.silence.title'), detail: t('error.silence.detail') }
    : { title: t('error.offline.title'), detail: t('error.offline.detail') };
}

/** @param {ApiError} error */
function advice(error) {
  if (error.kind !== 'problem') return '';
  if (error.isForbidden) return t('error.forbidden');
  if (error.retryAfter) return t('error.retryAfter', { seconds: error.retryAfter });
  if (error.isTemporary) return t('error.temporary');
  return error.status >= 500 ? t('error.report') : '';
}

/** @param {ApiError} error @returns {string} the same in one line, for a toast */
export function sentence(error) {
  const { title, detail } = words(error);
  return [title, detail].filter(Boolean).join('. ').replaceAll('..', '.');
}
