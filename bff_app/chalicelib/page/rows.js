// @ts-check
/**
 * The rows that the address asks for. The first ones are asked for while the rest of the page is still on its way: this
 * module and its few imports run as soon as they are there.
 */

import { listEmployees } from './api.js';
import { currentRoute } from './router.js';

/** @typedef {import('./api.js').Page} Page */

export const DEFAULT_ORDER = 'nombre';
/** The parameters that choose rows; the cursor chooses the page of them. */
const PARAMETERS = ['q', 'posicion', 'orden', 'cursor'];

/** @param {URLSearchParams} query @returns {URLSearchParams} what concerns the list, in one order */
export function listPart(query) {
  return new URLSearchParams(PARAMETERS.filter((name) => query.get(name)).map((name) => [name, query.get(name) ?? '']));
}

/** @param {URLSearchParams} query @param {AbortSignal} [signal] @returns {Promise<Page>} */
const ask = (query, signal) => listEmployees({ orden: DEFAULT_ORDER, ...Object.fromEntries(listPart(query)) }, signal);

/** @type {{query: string, page: Promise<Page>} | null} */
let early = null;
const first = currentRoute();
if (first.view === 'empleados') {
  early = { query: listPart(first.query).toString(), page: ask(first.query) };
  early.page.catch(() => undefined); // who takes it handles it
}

/** @param {URLSearchParams} query @param {AbortSignal} signal @returns {Promise<Page>} */
export function loadRows(query, signal) {
  const taken = early;
  early = null;
  return taken?.query === listPart(query).toString() ? taken.page : ask(query, signal);
}
