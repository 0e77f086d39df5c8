/** The API, one function a request. Each throws an {@link ApiError}, or an AbortError once its signal has ended it. */

import { request } from './session.js';

export const PAGE_SIZE = 50;
/** The most that a list gives at once. */
export const WHOLE = { limite: '200' };

/** Dispatches `change` when this page wrote rows, so that views reload. */
export const changes = new EventTarget();

export const rowsChanged = () => changes.dispatchEvent(new Event('change'));

/** A random UUID. A demonstration without TLS is no secure context: `crypto.randomUUID` is missing there. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

export const get = async (path, signal) => (await request('GET', path, { signal })).data;

const searchOf = (query) => {
  const pairs = Object.entries(query).flatMap(([name, values]) => [values].flat().map((value) => [name, value]));
  return new URLSearchParams(pairs.filter(([, value]) => value));
};

export async function page(path, query, signal) {
  const { data, headers } = await request('GET', `${path}?${searchOf(query)}`, { signal });
  const next = /<([^>]*)>\s*;\s*rel="?next"?/.exec(headers.get('Link') ?? '');
  const cursor = next ? new URL(next[1], location.href).searchParams.get('cursor') : null;
  return { rows: data, next: cursor, search: headers.get('X-Search') };
}

export const listEmployees = (query, signal) => page('/empleados', { ...query, limite: String(PAGE_SIZE) }, signal);
export const employeeEvents = (id, cursor, signal) => page(`/empleados/${id}/eventos`, { cursor }, signal);

export async function everyRow(path, query, signal) {
  const all = [];
  let cursor = '';
  do {
    const { rows, next } = await page(path, { ...query, cursor }, signal);
    all.push(...rows);
    cursor = next ?? '';
  } while (cursor);
  return all;
}

export async function getEmployee(id, signal) {
  const { data, headers } = await request('GET', `/empleados/${id}`, { signal });
  return { row: data, etag: headers.get('ETag') ?? '' };
}

/** @param key the same each time that this employee is sent */
export const createEmployee = async (values, key) =>
  (await request('POST', '/empleados', { body: values, headers: { 'Idempotency-Key': key } })).data;

export const changeEmployee = async (id, changes, etag) =>
  (await request('PUT', `/empleados/${id}`, { body: changes, headers: { 'If-Match': etag } })).data;

/** @returns with the number and history they had */
export const restoreLeaver = async (id) => (await request('POST', `/bajas/${id}/restaurar`)).data;

/** The positions, that with most employees first. */
export const getSummary = (signal) => get('/resumen', signal);

/** How many rows a list has, or null where that cannot be had. */
export const countRows = (path, query, signal) => get(`${path}/total?${searchOf(query)}`, signal).catch(() => null);
