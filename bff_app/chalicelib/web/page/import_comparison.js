/** What the rows of a file mean for the directory: new people, changes, nothing, or a contradiction. */

import { MOST_OPERATIONS, sendOperations } from './batches.js';
import { FIELDS } from './fields.js';

/** Two operations a row: by its address and by its number. */
const ROWS_AT_ONCE = MOST_OPERATIONS / 2;

/** Asks what would become of rows, a few hundred at a time; nothing is written. */
export async function* compareRows(rows) {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) yield compareSome(rows.slice(at, at + ROWS_AT_ONCE));
}

async function compareSome(rows) {
  const creations = rows.map((row) => ({ list: 'crear', body: row.values }));
  const numbered = rows.filter(({ id }) => id);
  const changes = numbered.map(({ id, values }) => ({ list: 'actualizar', body: { id, version: 1, cambios: { nombre: values.nombre } } }));
  const batch = { id: crypto.randomUUID(), origin: 'importacion', isSimulated: true };
  const answers = await sendOperations(batch, [...creations, ...changes]);
  const byNumber = new Map(numbered.map(({ line }, at) => [line, answers[rows.length + at].empleado]));
  return rows.map((row, at) => [row, compareRow(row, answers[at], byNumber.get(row.line))]);
}

/**
 * `numbered` is the employee with the row's number.
 *
 * @returns its `kind`: wrong, new, unchanged, changed, or conflict; the `findings` of the file and of the server, one a
 *   field; the `existing` employee and the `changes`
 */
export function compareRow({ findings, ...row }, { existente, errores = [] }, numbered) {
  const refused = errores.filter(({ campo }) => !findings.some(({ field }) => field === campo));
  const wrong = [...findings, ...refused.map(({ campo, mensaje }) => ({ field: campo, words: mensaje }))];
  if (wrong.length > 0) return { kind: 'wrong', findings: wrong };
  const existing = numbered ?? existente;
  if (!existing) return { kind: 'new' };
  const changes = FIELDS.filter(({ name }) => row.given.includes(name) && existing[name] !== row.values[name])
    .map(({ name }) => ({ field: name, before: existing[name], after: row.values[name] }));
  const isTaken = numbered && existente && existente.id !== numbered.id;
  const isSomebodyElse = !mayBeSame(existing.nombre, row.values.nombre) && !(numbered && existing.email === row.values.email);
  if (isTaken || isSomebodyElse) return { kind: 'conflict', existing: isTaken ? existente : existing, changes };
  return { kind: changes.length > 0 ? 'changed' : 'unchanged', existing, changes };
}

/** Whether one name has all words of the other: "Ana Pérez" may be "Ana Perez Gil", not "Ana Soler". */
function mayBeSame(...names) {
  const [some, more] = names.map((name) => new Set(fold(name).split(' '))).sort((a, b) => a.size - b.size);
  return [...some].every((word) => more.has(word));
}

const fold = (name) => String(name).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim();
