/**
 * What this tab keeps for its person: drafts of forms, and what can still be undone. It outlives a reload and a crash of the
 * page, and ends with the tab. The next person who signs in here does not see it.
 */

import { withStorage } from './preferences.js';
import { currentSession } from './session.js';

const key = (name) => `${name} ${currentSession()?.usuario}`;

export const recall = (name) => withStorage(() => JSON.parse(sessionStorage.getItem(key(name)) ?? 'null'));

export const keep = (name, value) => withStorage(() => sessionStorage.setItem(key(name), JSON.stringify(value)));

export const forget = (name) => withStorage(() => sessionStorage.removeItem(key(name)));

export const forgetAll = () => withStorage(() => sessionStorage.clear());

/** What the form of a panel was left with. */
export const draftName = (id) => `draft ${id ?? 'nuevo'}`;

export const hasDrafts = () => withStorage(() => Object.keys(sessionStorage).some((name) => name.startsWith('draft '))) ?? false;
