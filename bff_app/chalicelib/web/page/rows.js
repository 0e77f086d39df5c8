/** The rows of the address. This module and its few imports request the first ones while the rest of the page still loads. */

import { listEmployees } from './api.js';
import { FIELDS } from './declaration.js';
import { currentRoute } from './router.js';
import { currentSession, may } from './session.js';

export const PROBLEMS = ['rebotado', 'queja', 'fallido'];
const DEFAULT_ORDER = 'nombre';
export const FILTERS = ['q', 'posicion', 'contratado_desde', 'contratado_hasta', 'salario_desde', 'salario_hasta'];
/** Those that choose the page of them: a cursor, a place of the order to begin at, and whether it is read from its end. */
const PLACE = ['cursor', 'desde', 'fin'];

/** What is set of them, in their order. */
export const pick = (query, names) =>
  Object.fromEntries(names.filter((name) => query.get(name)).map((name) => [name, query.get(name) ?? '']));

export const listPart = (query) => new URLSearchParams(pick(query, [...FILTERS, 'orden', ...PLACE]));

const isReader = () => currentSession() !== null && !may('confidential');

/** The filters that this person may use. */
export const filtersOf = (query) => pick(query, FILTERS.filter((name) => !(isReader() && name.startsWith('salario'))));

/** The address's order, unless it needs a column the person may not see. */
export function orderOf(query) {
  const order = query.get('orden') ?? DEFAULT_ORDER;
  const field = FIELDS.find(({ name }) => name === order.replace(/^-/, ''));
  return field?.isConfidential && isReader() ? DEFAULT_ORDER : order;
}

/** What is asked for. The last page is the first of the reversed order. */
function asked(query) {
  const orden = query.get('fin') ? `-${orderOf(query)}`.replace(/^--/, '') : orderOf(query);
  return { ...filtersOf(query), ...pick(query, ['cursor', 'desde']), orden };
}

async function ask(query, signal) {
  const page = await listEmployees(asked(query), signal);
  return query.get('fin') ? { ...page, rows: page.rows.toReversed() } : page;
}

const key = (query) => JSON.stringify([asked(query), query.get('fin')]);

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
