// @ts-check
/** The way in: the screen for who is not signed in, and the dialog for whose session ended in the middle of the work. */

import { h, newId } from './element.js';
import { ApiError, send } from './http.js';
import { icon } from './icons.js';
import { continueSession, sessions } from './session.js';
import { t } from './texts.js';
import { toast } from './toast.js';

/** What the server says of a sign-in that did not succeed. */
const OUTCOMES = ['rechazada', 'cancelada', 'servicio'];

/**
 * @param {string} place where the person goes afterwards: an address within the page
 * @returns {string}
 */
const signInAddress = (place) => `/sesion/entrar?volver=${encodeURIComponent(`/${place}`)}`;

/**
 * @param {string} outcome of the last attempt; anything may stand there
 * @param {...HTMLElement} settings
 * @returns {HTMLElement}
 */
export function signInScreen(outcome, ...settings) {
  const trouble =
    OUTCOMES.includes(outcome) &&
    h('div', { class: 'message bad', role: 'alert' }, h('h2', {}, t('signIn.failed')), h('p', {}, t(`signIn.${outcome}`)));
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
      h('a', { class: 'button primary', href: signInAddress(location.hash) }, icon('enter'), t('signIn')),
    ),
    h('div', { class: 'door-settings' }, ...settings),
  );
}

/** @type {Promise<boolean> | null} */
let asking = null;

/** @returns {Promise<boolean>} whether the person has signed in again; however many ask, there is one dialog */
export function askToSignIn() {
  asking ??= ask().finally(() => (asking = null));
  return asking;
}

/** In a tab of its own, so that nothing in this one is lost: forms, files that were chosen, dialogs that are open. */
function ask() {
  const title = h('h2', { id: newId() }, t('session.over'));
  const dialog = h(
    'dialog',
    { 'aria-labelledby': title.id },
    h(
      'form',
      { method: 'dialog' },
      title,
      h('p', {}, t('session.over.text')),
      h(
        'div',
        { class: 'actions' },
        h(
          'a',
          { class: 'button primary', href: signInAddress('#/listo'), target: '_blank', rel: 'noopener' },
          icon('enter'),
          t('signIn'),
        ),
        h('button', { value: '' }, t('session.later')),
      ),
    ),
  );
  const life = new AbortController();
  const { signal } = life;
  sessions.addEventListener('open', look, { signal });
  addEventListener('focus', look, { signal });
  document.body.append(dialog);
  dialog.showModal();

  async function look() {
    try {
      if (continueSession((await send('GET', '/sesion', { signal })).data)) dialog.close('open');
    } catch (error) {
      if (error instanceof ApiError || signal.aborted) return; // not yet
      throw error;
    }
  }

  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      life.abort();
      dialog.remove();
      const isOpen = dialog.returnValue === 'open';
      if (isOpen) toast(t('session.open'));
      resolve(isOpen);
    });
  });
}
