/**
 * Who is signed in, what the page offers them, and what to do when the session ends. The server enforces the rights: a
 * page changed to offer more gets refusals.
 */

import { ApiError, send } from './http.js';

const RIGHTS = {
  read: ['lector', 'rrhh', 'admin'],
  confidential: ['rrhh', 'admin'],
  write: ['rrhh', 'admin'],
  mails: ['rrhh', 'admin'],
  import: ['rrhh', 'admin'],
  operate: ['admin'],
};

/** The strongest first: it names a person who has several. */
const ROLES = ['admin', 'rrhh', 'lector'];

/** `{ demo, usuario, nombre, correo, grupos }`, or null before it is known. */
let current = null;
let recovery = null;
/** When the session was last renewed, on the clock of `performance.now`. */
let renewedAt = -Infinity;
let wasDeclined = false;
let ending = false;
/** The browser's cache with unfinished imports. They hold salaries. */
export const UNFINISHED = 'importaciones';
/** Set by main.js: the dialog draws, and this module runs before the first rows. */
let askToSignIn = async () => false;
/** The browser's tabs share the session's cookies. */
const tabs = new BroadcastChannel('sesion');

/** `ask` is called when a session ended; true once the person has signed in again. */
export const whenSessionEnds = (ask) => (askToSignIn = ask);

export const signInAgain = () => askToSignIn();

/** Dispatches `open` when the session is open again, perhaps in another tab. */
export const sessions = new EventTarget();

/** The session, requested while the rest of the page still loads. */
export const visitor = request('GET', '/sesion').then(({ data }) => data);
visitor.catch(() => undefined); // handled by main.js

/** A request refused with 401 had no effect: it can be repeated once the session is renewed. */
export async function request(method, path, options = {}) {
  const sentAt = performance.now();
  try {
    return await send(method, path, options);
  } catch (error) {
    if (!(error instanceof ApiError) || !error.isNotSignedIn || !(await recoverSession(sentAt))) throw error;
    options.signal?.throwIfAborted();
    return send(method, path, options);
  }
}

export const currentSession = () => current;

export const may = (right) => RIGHTS[right].some((group) => current?.grupos.includes(group) ?? false);

/** @returns a role of this page, or an empty text */
export const currentRole = () => ROLES.find((role) => current?.grupos.includes(role)) ?? '';

export function openSession(session) {
  current = session;
  tabs.postMessage(session.usuario);
}

/** Take over the server's current session. @returns whether it is the same person's */
export function continueSession(session) {
  if (current && current.usuario !== session.usuario) {
    leaveToTheNext();
    return false;
  }
  current &&= session;
  return true;
}

/** Show and send nothing more of this person. Drafts stay with their author (memory.js). */
function leaveToTheNext() {
  ending = true;
  location.reload();
}

/** The person ends the session: drafts do not hold it up, the other tabs leave too, and what an import kept goes. */
export function closeSession() {
  ending = true;
  globalThis.caches?.delete(UNFINISHED);
  tabs.postMessage('');
}

export const isEnding = () => ending;

tabs.addEventListener('message', ({ data: user }) => {
  if (ending || current?.demo) return;
  if (user !== (current?.usuario ?? '')) leaveToTheNext();
  else sessions.dispatchEvent(new Event('open'));
});

/**
 * Renew the session silently, or else ask the person to sign in again, once for all requests refused meanwhile. Returns
 * whether a request sent at `sentAt` (`performance.now`) is worth sending again.
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
  wasDeclined = !(await askToSignIn());
  return !wasDeclined;
}
