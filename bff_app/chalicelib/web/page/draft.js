// @ts-check
/** What was typed and not yet saved. It outlives a reload and a crash of the page, and ends with the tab. */

import { currentSession } from './session.js';

/**
 * @typedef {object} Draft
 * @property {Record<string, string>} texts what the inputs hold
 * @property {import('./api.js').Employee | null} base the row as it was when the typing began: saved
 *   over a newer version, it would undo what someone else did
 * @property {string} etag of that row
 * @property {string} [key] under which a new employee is sent
 * @property {import('./api.js').Values[]} [unsettled] sent under that key without getting an answer
 */

const PREFIX = 'draft ';

/** A draft is not shown to the next person who signs in here. @param {string} form */
const key = (form) => `${PREFIX}${currentSession()?.usuario} ${form}`;

/** @returns {string[]} */
function keys() {
  try {
    return Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX));
  } catch {
    return []; // storage is switched off
  }
}

export const hasDrafts = () => keys().length > 0;

export function dropDrafts() {
  for (const name of keys()) sessionStorage.removeItem(name);
}

/** @param {string} form @returns {Draft | null} */
export function loadDraft(form) {
  try {
    return JSON.parse(sessionStorage.getItem(key(form)) ?? 'null');
  } catch {
    return null; // storage is switched off, or holds what is not ours
  }
}

/** @param {string} form @param {Draft} draft */
export function saveDraft(form, draft) {
  try {
    sessionStorage.setItem(key(form), JSON.stringify(draft));
  } catch {
    // Storage is switched off or full: the form still holds it.
  }
}

/** @param {string} form */
export function dropDraft(form) {
  try {
    sessionStorage.removeItem(key(form));
  } catch {
    // There is none.
  }
}
