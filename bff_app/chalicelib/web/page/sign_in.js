// @ts-check
/** The way in: the screen before signing in, and the dialog for a session that ends in the middle of the work. */

import { answerButton, ask } from './dialog.js';
import { h } from './element.js';
import { ApiError, send } from './http.js';
import { icon, linkButton } from './parts.js';
import { continueSession, sessions } from './session.js';
import { t } from './texts.js';
import { toast } from './toast.js';

/** What the server says of a sign-in that failed. */
const OUTCOMES = ['rechazada', 'cancelada', 'servicio'];

/** @param {string} place where to return: an address within the page @returns {string} */
const signInAddress = (place) => `/sesion/entrar?volver=${encodeURIComponent(`/${place}`)}`;

/**
 * @param {string} outcome of the last attempt; it comes from the address, so that anything may stand there
 * @param {...HTMLElement} settings
 * @returns {HTMLElement}
 */
export function signInScreen(outcome, ...settings) {
  const trouble =
    OUTCOMES.includes(outcome) &&
    h(
      'div',
      { class: 'message bad', role: 'alert' },
      h('h2', {}, t('signIn.failed')),
      h('p', {}, t(`signIn.${outcome}`)),
    );
  return h(
    'main',
    { class: 'door' },
    h(
      'section',
      { class: 'card door-card' },
      icon('people'),
      h('h1', {}, t('app.name')),
      trouble,
      h('p', {}, t('signIn.text')),
      linkButton(t('signIn'), signInAddress(location.hash), { class: 'button primary', picture: 'enter' }),
    ),
    h('div', { class: 'door-settings' }, ...settings),
  );
}

/** @type {Promise<boolean> | null} */
let asking = null;

/** @returns {Promise<boolean>} whether the person has signed in again; there is one dialog for all who ask at once */
export function askToSignIn() {
  asking ??= askOnce().finally(() => (asking = null));
  return asking;
}

/** Signing in happens in a new tab, so that this one keeps its forms, chosen files and open dialogs. */
async function askOnce() {
  const { answer, close } = ask(
    t('session.over'),
    [h('p', {}, t('session.over.text'))],
    [
      linkButton(t('signIn'), signInAddress('#/listo'), {
        class: 'button primary',
        target: '_blank',
        rel: 'noopener',
        picture: 'enter',
      }),
      answerButton('', [t('session.later')]),
    ],
  );
  const life = new AbortController();
  const { signal } = life;
  sessions.addEventListener('open', look, { signal });
  addEventListener('focus', look, { signal });
  const isOpen = (await answer) === 'open';
  life.abort();
  if (isOpen) toast(t('session.open'));
  return isOpen;

  async function look() {
    try {
      if (continueSession((await send('GET', '/sesion', { signal })).data)) close('open');
    } catch (error) {
      if (error instanceof ApiError || signal.aborted) return; // not yet
      throw error;
    }
  }
}
