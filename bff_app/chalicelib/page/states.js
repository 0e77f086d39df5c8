// @ts-check
/** What a view shows while it has nothing to show: waiting, empty, failed. */

import { h } from './element.js';
import { icon } from './icons.js';
import { t } from './texts.js';

/** @typedef {import('./api.js').ApiError} ApiError */

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
 * @param {...HTMLElement} actions
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
  const again = retry && h('button', { type: 'button', onclick: retry }, icon('refresh'), t('retry'));
  const box = h(
    'div',
    { class: 'state state-error', role: 'alert' },
    icon('warning'),
    ...explanation(error),
    h('div', { class: 'actions' }, again),
  );
  if (retry && error.kind === 'silence') {
    addEventListener('online', () => box.isConnected && retry(), { once: true });
  }
  return box;
}

/**
 * @param {ApiError} error
 * @returns {HTMLElement[]} the server's words where there are any, ours where not, and the number to give to support
 */
export function explanation(error) {
  const { title, detail } = words(error);
  return [
    h('h2', {}, title),
    h('p', {}, [detail, advice(error)].filter(Boolean).join(' ')),
    error.requestId && h('p', { class: 'request-id' }, t('error.requestId'), ' ', h('code', {}, error.requestId)),
  ].filter(Boolean);
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
  if (error.retryAfter) return t('error.retryAfter', { seconds: error.retryAfter });
  if (error.isTemporary) return t('error.temporary');
  return error.status >= 500 ? t('error.report') : '';
}

/** @param {ApiError} error @returns {string} the same in one line, for a toast */
export function sentence(error) {
  const { title, detail } = words(error);
  return [title, detail].filter(Boolean).join('. ').replaceAll('..', '.');
}
