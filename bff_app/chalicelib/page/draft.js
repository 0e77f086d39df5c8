// @ts-check
/** What was typed and not yet saved. It outlives a reload and a crash of the page, and ends with the tab. */

/**
 * @typedef {object} Draft
 * @property {Record<string, string>} texts what the inputs hold
 * @property {import('./api.js').Employee | null} base the row that it changes, as it was when the typing began: saved
 *   over a newer one it would undo what somebody else did
 * @property {string} etag of that row
 */

/** @param {string} form */
const key = (form) => `draft ${form}`;

/**
 * @param {string} form
 * @returns {Draft | null}
 */
export function loadDraft(form) {
  try {
    return JSON.parse(sessionStorage.getItem(key(form)) ?? 'null');
  } catch {
    return null; // storage is switched off, or holds what is not ours
  }
}

/**
 * @param {string} form
 * @param {Draft} draft
 */
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
