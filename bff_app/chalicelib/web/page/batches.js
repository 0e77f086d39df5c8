/** Many changes at once: up to 500 a request, one entry of the history, undone as a whole. */

import { MOST_PAGE_SIZE, page, request, rowsChanged } from './api.js';
import { ApiError } from './http.js';

/** Of one request. */
export const MOST_OPERATIONS = 500;
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
const LISTS = ['crear', 'actualizar', 'eliminar', 'restaurar'];

/** @param id a UUID */
const sendBatch = async (id, body, key) =>
  (await request('POST', `/lotes/${id}`, { body, headers: key ? { 'Idempotency-Key': key } : {} })).data;

/** One entry of the history for all of the batch. @param isMailed one digest is sent */
export const closeBatch = async (id, isMailed) =>
  (await request('POST', `/lotes/${id}/cierre`, { body: { aviso: isMailed } })).data;

const batchEvents = (lote, cursor, signal) => page('/eventos', { lote, cursor, limite: String(MOST_PAGE_SIZE) }, signal);

/** `crypto.randomUUID` is missing where a page comes without TLS. */
export function newBatchId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/**
 * Send operations, `{list, body}`. Those with values that the server refuses are left out, and the others sent.
 *
 * @param batch the same key for the same operations
 * @returns the answer to each: `{estado, empleado?, existente?, errores?}`, 422 for what was left out
 * @throws {ApiError} nothing was done, or it is not known what
 */
export async function sendOperations({ id, origin, key, isSimulated }, operations) {
  const answers = new Map();
  for (let left = operations; left.length > 0; left = operations.filter((operation) => !answers.has(operation))) {
    const lists = LISTS.map((list) => [list, left.filter((operation) => operation.list === list)]);
    const of = Object.fromEntries(lists);
    const bodies = lists.filter(([, some]) => some.length > 0).map(([list, some]) => [list, some.map(({ body }) => body)]);
    const body = { origen: origin, ...Object.fromEntries(bodies), ...(isSimulated && { simular: true }) };
    try {
      const { resultados } = await insist(() => sendBatch(id, body, key && `"${key}-${left.length}"`));
      for (const result of resultados) answers.set(of[result.lista][result.indice], result);
    } catch (error) {
      const refused = error instanceof ApiError ? refusedOperations(error, of) : new Map();
      if (refused.size === 0) throw error;
      for (const [operation, errores] of refused) answers.set(operation, { estado: 422, errores });
    }
  }
  return operations.map((operation) => answers.get(operation));
}

/** By operation, the errors that name it as `crear[3].salario`. */
function refusedOperations({ status, errors }, of) {
  const refused = new Map();
  for (const { campo, mensaje } of status === 422 ? errors : []) {
    const [, list, at, field = ''] = /^(\w+)\[(\d+)\](?:\.(?:cambios\.)?(\w+))?/.exec(campo) ?? [];
    const operation = of[list]?.[at];
    if (operation) refused.set(operation, [...(refused.get(operation) ?? []), { campo: field, mensaje }]);
  }
  return refused;
}

/** Ask again when the server is busy or the network gone, for a while. */
async function insist(attempt, left = ATTEMPTS) {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof ApiError) || !error.isTemporary || left === 1) throw error;
    const pause = error.retryAfter ? error.retryAfter * 1000 : FIRST_PAUSE_MS * 2 ** (ATTEMPTS - left);
    await new Promise((resolve) => setTimeout(resolve, Math.min(pause, LONGEST_PAUSE_MS)));
    return insist(attempt, left - 1);
  }
}

/** What undoes an event of a batch; versions make sure that nobody's later change is lost. */
const REVERSALS = {
  creado: ({ empleado: { id, version } }) => ({ list: 'eliminar', body: { id, version } }),
  eliminado: ({ empleado }) => ({ list: 'restaurar', body: { id: empleado.id } }),
  restaurado: ({ empleado: { id, version } }) => ({ list: 'eliminar', body: { id, version } }),
  actualizado: ({ empleado: { id, version }, valores }) => {
    const cambios = Object.fromEntries(Object.entries(valores).map(([name, { antes }]) => [name, antes]));
    return { list: 'actualizar', body: { id, version, cambios } };
  },
};

/** @returns kept: changed by others since, or gone */
export async function undoBatch(id) {
  const operations = [];
  let cursor = '';
  do {
    const { rows, next } = await batchEvents(id, cursor);
    for (const event of rows) if (event.empleado) operations.push(REVERSALS[event.tipo](event));
    cursor = next ?? '';
  } while (cursor);
  const undo = { id: newBatchId(), origin: 'deshacer' };
  const answers = [];
  for (let at = 0; at < operations.length; at += MOST_OPERATIONS) {
    answers.push(...(await sendOperations({ ...undo, key: `${undo.id}-${at}` }, operations.slice(at, at + MOST_OPERATIONS))));
  }
  await closeBatch(undo.id, false);
  rowsChanged();
  const undone = answers.filter(({ estado }) => estado < 400).length;
  return { undone, kept: answers.length - undone };
}
