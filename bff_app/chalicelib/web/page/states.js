// @ts-check
/** What a view shows while it has nothing to show: waiting, empty, failed. */

import { h } from './element.js';
import { icon } from './icons.js';
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
 * @param {string} title
 * @param {string} text
 * @param {...(HTMLElement | false)} actions
 * @returns {HTMLElement}
 */
export function empty(title, text, ...actions) {
  return h('div', { class: 'state' }, h('h2', {}, title), h('p', {}, text), h('div', { class: 'actions' }, ...actions));
}

/**
 * What went wrong and what to do about it. When the network comes back, `retry` is called without a click.
 *
 * @param {ApiError} error
 * @param {() => void} [retry]
 * @returns {HTMLElement}
 */
export function failure(error, retry) {
  const isHopeless = error.isNotSignedIn || error.isForbidden;
  const again = retry && !isHopeless && h('button', { type: 'button', onclick: retry }, icon('refresh'), t('retry'));
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
 * @param {ApiError} error
 * @param {() => void} [retry] called once the person has signed in, if that is what was missing
 * @returns {HTMLElement[]} the server's words where there are any, ours where not, and what to do
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
  return h('button', { type: 'button', class: 'primary', onclick: signIn }, icon('enter'), t('signIn'));
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
