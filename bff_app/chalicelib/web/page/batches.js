/** Many changes at once: up to 500 a request, one entry of the history, undone as a whole. */

import { WHOLE, everyRow, rowsChanged } from './api.js';
import { ApiError } from './http.js';
import { request } from './session.js';

/** Of one request. */
export const MOST_OPERATIONS = 500;
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
const LISTS = ['crear', 'actualizar', 'eliminar', 'restaurar'];

const post = async (id, body, key) =>
  (await request('POST', `/lotes/${id}`, { body, headers: key ? { 'Idempotency-Key': key } : {} })).data;

/**
 * Write a batch, `{id, origin, operations, answers, isMailed}`, in steps: begin, go on after a pause, or with the state
 * `stopping` end it and leave the rest unwritten. Each step has its own key: one whose answer was lost is not done again, and
 * two tabs do no harm. In the end it is one entry of the history, with a digest if `isMailed`. `show` is awaited at each
 * change; `batch.state` is then `running`, `stopping`, `paused` (after `batch.error`) or `over`.
 */
export async function runBatch(batch, state, show) {
  const { id, origin, operations, answers, isMailed } = batch;
  const change = (next, error = null) => show(Object.assign(batch, { state: next, error }));
  try {
    await change(state);
    while (batch.state === 'running' && answers.length < operations.length) {
      const some = operations.slice(answers.length, answers.length + MOST_OPERATIONS);
      answers.push(...(await sendOperations({ id, origin, key: `${id}-${answers.length}` }, some)));
      await show(batch);
    }
    if (answers.some(({ estado }) => estado !== 422)) await request('POST', `/lotes/${id}/cierre`, { body: { aviso: isMailed } });
    await change('over');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    await change('paused', error);
  }
  rowsChanged();
}

/**
 * Send operations, `{list, body}`. Those with values that the server refuses are left out, and the others sent.
 *
 * @returns the answer to each: `{estado, empleado?, existente?, errores?}`, 422 for what was left out
 */
export async function sendOperations({ id, origin, key, isSimulated }, operations) {
  const answers = new Map();
  for (let left = operations; left.length > 0; left = operations.filter((operation) => !answers.has(operation))) {
    const lists = LISTS.map((list) => [list, left.filter((operation) => operation.list === list)]);
    const of = Object.fromEntries(lists);
    const bodies = lists.filter(([, some]) => some.length > 0).map(([list, some]) => [list, some.map(({ body }) => body)]);
    const body = { origen: origin, ...Object.fromEntries(bodies), ...(isSimulated && { simular: true }) };
    try {
      const { resultados } = await insist(() => post(id, body, key && `"${key}"`));
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

const REVERSALS = { creado: 'eliminar', restaurado: 'eliminar', eliminado: 'restaurar', actualizado: 'actualizar' };

/** What undoes a batch. The versions make sure that no later change is lost. */
export async function reversalOf(lote) {
  const events = await everyRow('/eventos', { lote, ...WHOLE });
  return events.filter(({ empleado }) => empleado).map(({ tipo, empleado: { id, version }, valores }) => {
    const cambios = valores && Object.fromEntries(Object.entries(valores).map(([name, { antes }]) => [name, antes]));
    const members = { eliminar: { id, version }, restaurar: { id }, actualizar: { id, version, cambios } };
    return { list: REVERSALS[tipo], body: members[REVERSALS[tipo]] };
  });
}
