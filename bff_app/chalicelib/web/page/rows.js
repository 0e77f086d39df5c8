// @ts-check
/**
 * The rows of the address. The first ones are requested while the rest of the page still loads: this module and its few
 * imports run as soon as they arrive.
 */

import { listEmployees } from './api.js';
import { FIELDS } from './fields.js';
import { currentRoute } from './router.js';
import { currentSession, may } from './session.js';

const DEFAULT_ORDER = 'nombre';
/** The parameters that choose rows; the cursor chooses the page of them. */
const PARAMETERS = ['q', 'posicion', 'orden', 'cursor'];

/** What concerns the list, in one order. @param {URLSearchParams} query */
export function listPart(query) {
  return new URLSearchParams(PARAMETERS.filter((name) => query.get(name)).map((name) => [name, query.get(name) ?? '']));
}

/** The address's order, unless it needs a column the person may not see. @param {URLSearchParams} query */
export function orderOf(query) {
  const order = query.get('orden') ?? DEFAULT_ORDER;
  const field = FIELDS.find(({ name }) => name === order.replace(/^-/, ''));
  return field?.isConfidential && currentSession() && !may('confidential') ? DEFAULT_ORDER : order;
}

const ask = (query, signal) => listEmployees({ ...Object.fromEntries(listPart(query)), orden: orderOf(query) }, signal);

/** What was asked for, to compare. */
const key = (query) => `${listPart(query)} ${orderOf(query)}`;

/** @type {{key: string, page: Promise<import('./api.js').Page>} | null} */
let early = null;
const first = currentRoute();
if (first.view === 'empleados') {
  early = { key: key(first.query), page: ask(first.query) };
  early.page.catch(() => undefined); // handled by the caller of loadRows
}

/** Ends when the first rows are there or cannot be had. */
export const firstRows = Promise.allSettled([early?.page]);

export function loadRows(query, signal) {
  const taken = early;
  early = null;
  return taken?.key === key(query) ? taken.page : ask(query, signal);
}
