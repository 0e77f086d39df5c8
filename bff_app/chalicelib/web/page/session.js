// @ts-check
/**
 * Who is signed in, what the page offers to such a person, and what to do when the server does not know it any longer.
 * What somebody may do is for the server to say: whoever makes the page offer more gets refusals.
 */

import { ApiError, send } from './http.js';

/**
 * @typedef {{demo: boolean, usuario: string, nombre: string, correo: string, grupos: string[]}} Session
 * @typedef {keyof typeof RIGHTS} Right
 */

/** The groups of the user pool that have each right. */
const RIGHTS = {
  read: ['lector', 'rrhh', 'admin'],
  confidential: ['rrhh', 'admin'],
  write: ['rrhh', 'admin'],
  mails: ['rrhh', 'admin'],
  import: ['admin'],
  operate: ['admin'],
};

/** The strongest first: what a person is called who has several. */
const ROLES = ['admin', 'rrhh', 'lector'];

/** @type {Session | null} */
let current = null;
/** However many requests are refused at once, the session is renewed once. @type {Promise<boolean> | null} */
let recovery = null;
/** When the session was last renewed, on the clock of `performance.now`. */
let renewedAt = -Infinity;
/** Whether the person was asked to sign in again and did not want to. */
let wasDeclined = false;
let ending = false;
/** The tabs of this browser share its cookies: what one does to the session happens to all. */
const tabs = new BroadcastChannel('sesion');

/** Told when the session is open again, perhaps in another tab: the event `open`. */
export const sessions = new EventTarget();

/** Who has come: asked while the rest of the page is still on its way. @type {Promise<Session>} */
export const visitor = askWhoIsThere();
visitor.catch(() => undefined); // who takes it handles it

async function askWhoIsThere() {
  try {
    return (await send('GET', '/sesion')).data;
  } catch (error) {
    if (!(error instanceof ApiError) || !error.isNotSignedIn || !(await recoverSession(0))) throw error;
    return (await send('GET', '/sesion')).data;
  }
}

export const currentSession = () => current;

/** @param {Right} right */
export const may = (right) => RIGHTS[right].some((group) => current?.grupos.includes(group) ?? false);

/** @returns {string} a role of this page, or an empty text */
export const currentRole = () => ROLES.find((role) => current?.grupos.includes(role)) ?? '';

/** @param {Session} session */
export function openSession(session) {
  current = session;
  tabs.postMessage(session.usuario);
}

/**
 * Go on with what the server now says of the session.
 *
 * @param {Session} session
 * @returns {boolean} whether it is still the same person's
 */
export function continueSession(session) {
  if (current && current.usuario !== session.usuario) {
    leaveToTheNext();
    return false;
  }
  current &&= session;
  return true;
}

/**
 * The session is another person's now: what this tab shows is not for her, and nothing is sent in her name. What was
 * typed waits for who typed it (draft.js), so that no question is asked.
 */
function leaveToTheNext() {
  ending = true;
  location.reload();
}

/** This person ends it: nothing that was typed holds her back, and no tab shows it any longer. */
export function closeSession() {
  ending = true;
  tabs.postMessage('');
}

export const isEnding = () => ending;

tabs.addEventListener('message', ({ data: user }) => {
  if (ending || current?.demo) return;
  if (user !== (current?.usuario ?? '')) leaveToTheNext();
  else sessions.dispatchEvent(new Event('open'));
});

/**
 * Renew the session without a word; where that is not possible, ask the person who had one to sign in again. What is
 * typed stays where it is.
 *
 * @param {number} sentAt when the refused request was sent, on the clock of `performance.now`: it may be older than the
 *   session that is open by now
 * @returns {Promise<boolean>} whether it is worth sending the request again
 * @throws {ApiError} the server could not be asked
 */
export async function recoverSession(sentAt) {
  if (sentAt < renewedAt) return true;
  recovery ??= recover().finally(() => (recovery = null));
  return recovery;
}

async function recover() {
  try {
    const { data } = await send('POST', '/sesion/renovar', { inTurn: true });
    wasDeclined = false;
    renewedAt = performance.now();
    return continueSession(data);
  } catch (error) {
    if (!(error instanceof ApiError) || !error.isNotSignedIn) throw error;
  }
  if (!current || wasDeclined) return false;
  // Here and not above: the dialog draws, and what the first rows wait for must be small.
  const { askToSignIn } = await import('./sign_in.js');
  wasDeclined = !(await askToSignIn());
  return !wasDeclined;
}
