// @ts-check
/** The API, one function a request. Whatever goes wrong is an {@link ApiError} that says what is known of it. */

import { ApiError, send } from './http.js';
import { recoverSession } from './session.js';

export const PAGE_SIZE = 50;
const EXPORT_PAGE_SIZE = 200; // the most that the API gives at once

/** Dispatches `change` when this page wrote rows, so that views reload. */
export const changes = new EventTarget();

export const rowsChanged = () => changes.dispatchEvent(new Event('change'));

/** @returns {string} an `Idempotency-Key`. `crypto.randomUUID` is missing where a page comes without TLS. */
export const newKey = () => `"${crypto.getRandomValues(new Uint32Array(4)).join('-')}"`;

/**
 * @typedef {{id: number, nombre: string, email: string, posicion: string, salario: number, fecha_contratacion: string,
 *   version: number, creado_en: string, actualizado_en: string}} Employee readers get it
 *   without `salario`, `version` and `actualizado_en`
 * @typedef {Record<string, string | number | null>} Values what a form or a line of a file says of an employee
 */

/**
 * A request refused with 401 had no effect, so that it can be repeated once the session is renewed.
 *
 * @param {string} method
 * @param {string} path
 * @param {import('./http.js').Options} [options]
 * @returns {Promise<{data: any, headers: Headers}>}
 * @throws {ApiError} and an AbortError when the options' signal ended it
 */
async function request(method, path, options = {}) {
  const sentAt = performance.now();
  try {
    return await send(method, path, options);
  } catch (error) {
    if (!(error instanceof ApiError) || !error.isNotSignedIn || !(await recoverSession(sentAt))) throw error;
    options.signal?.throwIfAborted();
    return send(method, path, options);
  }
}

/** @param {Headers} headers @returns {string | null} the cursor of the next page, out of `Link: <…>; rel="next"` */
function nextCursor(headers) {
  const next = /<([^>]*)>\s*;\s*rel="?next"?/.exec(headers.get('Link') ?? '');
  return next ? new URL(next[1], location.href).searchParams.get('cursor') : null;
}

/** @param {string} path @param {Record<string, string>} query @returns {string} without the parameters that are empty */
function withQuery(path, query) {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== '')).toString();
  return search ? `${path}?${search}` : path;
}

/** @param {string | number} id */
const employeePath = (id) => `/empleados/${encodeURIComponent(id)}`;

/**
 * @typedef {{q?: string, posicion?: string, orden?: string, cursor?: string}} ListQuery
 * @typedef {{rows: any[], next: string | null}} Page
 */

/** @param {string} path @param {Record<string, string>} query @param {AbortSignal} [signal] @returns {Promise<Page>} */
async function page(path, query, signal) {
  const { data, headers } = await request('GET', withQuery(path, query), { signal });
  return { rows: data, next: nextCursor(headers) };
}

/** @param {ListQuery} query @param {AbortSignal} [signal] */
export const listEmployees = (query, signal) => page('/empleados', { ...query, limite: String(PAGE_SIZE) }, signal);

/** Every page of a list, one after the other. @param {ListQuery} query @param {AbortSignal} signal */
export async function* everyEmployeePage(query, signal) {
  let cursor = '';
  do {
    const { rows, next } = await page('/empleados', { ...query, cursor, limite: String(EXPORT_PAGE_SIZE) }, signal);
    yield /** @type {Employee[]} */ (rows);
    cursor = next ?? '';
  } while (cursor);
}

/** @param {string | number} id @param {AbortSignal} [signal] @returns {Promise<{row: Employee, etag: string}>} */
export async function getEmployee(id, signal) {
  const { data, headers } = await request('GET', employeePath(id), { signal });
  return { row: data, etag: headers.get('ETag') ?? '' };
}

/** @param {Values} values @param {string} key of this employee, each time that he is sent @returns {Promise<Employee>} */
export const createEmployee = async (values, key) =>
  (await request('POST', '/empleados', { body: values, headers: { 'Idempotency-Key': key } })).data;

/** @param {string | number} id @param {Values} changes @param {string} etag @returns {Promise<Employee>} */
export const changeEmployee = async (id, changes, etag) =>
  (await request('PUT', employeePath(id), { body: changes, headers: { 'If-Match': etag } })).data;

/** @param {Employee} row @param {{keepalive?: boolean}} [options] deletes this version of the row, no later one */
export const removeEmployee = async (row, { keepalive } = {}) => {
  await request('DELETE', employeePath(row.id), { headers: { 'If-Match': `"${row.version}"` }, keepalive });
};

/** @param {string | number} id @param {string} cursor @param {AbortSignal} [signal] */
export const employeeEvents = (id, cursor, signal) => page(`${employeePath(id)}/eventos`, { cursor }, signal);

/** @param {string} cursor @param {AbortSignal} [signal] */
export const everyEvent = (cursor, signal) => page('/eventos', { cursor }, signal);

/** @param {Record<string, string>} query @param {AbortSignal} [signal] */
export const listMails = (query, signal) => page('/correos', query, signal);

/**
 * @typedef {{posicion: string, empleados: number, salario_medio: number, salario_minimo: number, salario_maximo: number}} Group
 *   readers get it without salaries
 *
 * @param {AbortSignal} [signal]
 * @returns {Promise<Group[]>} the positions, that with most employees first
 */
export const getSummary = async (signal) => (await request('GET', '/resumen', { signal })).data;

/**
 * @typedef {{visibles: number, en_proceso: number, retrasados: number, edad_maxima: number | null}} Depth messages, and
 *   the age of the oldest in seconds
 * @typedef {{cola: Depth, fallidos: Depth}} Queues
 */

/** @param {AbortSignal} [signal] @returns {Promise<Queues>} */
export const getQueue = async (signal) => (await request('GET', '/cola', { signal })).data;

/** @returns {Promise<{reenviados: number, quedan: number}>} */
export const redrive = async () => (await request('POST', '/cola/reenviar')).data;

/**
 * @typedef {Record<string, {estado: string, http: number | null, ms: number}>} Parts
 *
 * @param {AbortSignal} [signal]
 * @returns {Promise<Parts>} the parts behind the BFF, well or not
 */
export async function getHealth(signal) {
  try {
    return (await request('GET', '/health?deep=1', { signal })).data.partes;
  } catch (error) {
    if (error instanceof ApiError && error.document.partes) return error.document.partes;
    throw error;
  }
}

/** @param {AbortSignal} [signal] */
export const getOpenApi = async (signal) => (await request('GET', '/openapi.json', { signal })).data;

/** @param {{everywhere: boolean}} options @returns {Promise<string>} the address where the browser goes from here */
export const endSession = async ({ everywhere }) =>
  (await request('POST', everywhere ? '/sesion/salir?todas=1' : '/sesion/salir', { inTurn: true })).data.ir_a;
