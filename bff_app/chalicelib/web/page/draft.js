/** What was typed and not yet saved. It outlives a reload and a crash of the page, and ends with the tab. */

import { withStorage } from './preferences.js';
import { currentSession } from './session.js';

/**
 * A draft: `texts` of the inputs; `base`, the row as it was when the typing began, since saved over a newer version it
 * would undo what someone else did; its `etag`; the `key` under which a new employee is sent, and what was sent under it
 * without getting an answer (`unsettled`).
 */

const PREFIX = 'draft ';

/** A draft is not shown to the next person who signs in here. */
const key = (form) => `${PREFIX}${currentSession()?.usuario} ${form}`;

const keys = () => withStorage(() => Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX))) ?? [];

export const hasDrafts = () => keys().length > 0;

export const dropDrafts = () => keys().forEach((name) => sessionStorage.removeItem(name));

export const loadDraft = (form) => withStorage(() => JSON.parse(sessionStorage.getItem(key(form)) ?? 'null'));

export const saveDraft = (form, draft) => withStorage(() => sessionStorage.setItem(key(form), JSON.stringify(draft)));

/** What the form of a panel was left with. */
export const draftOf = (panel) => loadDraft(panel.id ?? 'nuevo');

export const dropDraft = (form) => withStorage(() => sessionStorage.removeItem(key(form)));
