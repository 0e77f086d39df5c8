/** From a file and what the person decided about it to rows, and what these mean for the directory. Writes nothing. */

import { newId } from './api.js';
import { MOST_OPERATIONS, sendOperations } from './batches.js';
import { FileUnusable, readCsv } from './csv.js';
import { decode, possibleEncodings } from './encodings.js';
import { FIELDS, dayOf, read, readAmount, readDay, today, withoutNulls } from './fields.js';
import { cleanText, fold } from './text.js';

/**
 * A plan says how a file is read; the page proposes it, the person may change it: `encoding`, `sheet`, `sheets`, `records`,
 * `headingsAt` (their place among the records; -1: there are none), `targets` (the field of each column, or a part of a
 * name; '' is not used), `notations` and `doubts` by kind, `fixed` (by field, the text for lines without one), `edits` (by
 * line and field).
 *
 * A row: `line`, `id`, `cells` (by field, as the file or the person has them), `given` (the fields that are not empty
 * there), `values` (what would be sent), `findings` (what only the file shows; the server judges the values).
 */

export const MAX_ROWS = 10_000;
/** A row takes about a hundred bytes. */
const MAX_BYTES = 20 * 1024 * 1024;
const TITLE_ROWS = 30;
/** Excel's number of a day: from 1927 to 2119. */
const isSerial = (number) => Number.isInteger(number) && number > 10_000 && number < 80_000;
const NAME_PARTS = ['nombre', 'apellidos_nombre', 'apellidos'];

/** What a column can be beside a field: several make up the name. */
const PARTS = [
  { name: 'id', aliases: [] },
  { name: 'apellidos', aliases: ['apellido', 'primer apellido', 'segundo apellido', 'surname', 'surnames', 'last name'] },
  { name: 'apellidos_nombre', aliases: ['apellidos y nombre', 'apellidos, nombre', 'last name, first name'] },
];
/** Columns of this page's own downloads. They are left out without a question. */
const OWN = ['linea', 'error', 'version', 'creado en', 'actualizado en'];
/** Two fields at least: a title may have one of these words. */
const ENOUGH = 2;

export const TARGETS = [...FIELDS.map(({ name }) => name), ...PARTS.map(({ name }) => name)];

/** Without case, accents, invisible signs, notes in brackets, and the signs that people put around words. */
const plain = (heading) => String(heading ?? '').normalize('NFKD').replace(/\p{M}|\p{Cf}/gu, '').toLowerCase()
  .replace(/\([^)]*\)|\[[^\]]*\]/g, ' ').replace(/[\s_*:."]+/g, ' ').trim();

const NAMES = new Map([...FIELDS, ...PARTS].flatMap(({ name, aliases }) =>
  [name, ...aliases].map((alias) => [plain(alias), name])));

const targetOf = (heading) => NAMES.get(plain(heading)) ?? '';

/** The place of the headings; -1 if none of the first records has them. */
function findHeadings(records) {
  const known = records.slice(0, TITLE_ROWS).map(({ cells }) => new Set(cells.map(targetOf).filter(Boolean)).size);
  const most = Math.max(...known);
  return most >= ENOUGH ? known.indexOf(most) : -1;
}

/** What each column is; '' is not used. Of two columns for one field only the first is; surnames may be several. */
function suggestTargets(headings) {
  const targets = headings.map(targetOf);
  return targets.map((target, at) => (targets.indexOf(target) === at || target === 'apellidos' ? target : ''));
}

/** One text from the columns of a name: given or whole names, turned ones, surnames. */
function joinName([given, turned, surnames]) {
  const straight = turned.map((text) => text.split(',').toReversed().join(' '));
  return [...given, ...straight, ...surnames].map((part) => part.trim()).filter(Boolean).join(' ').replace(/\s+/g, ' ');
}

const SIGNS = { comma: [',', ''], point: ['.', ''] };

/** The notations of each kind that has some, and what a text means in one of them; null: nothing. */
export const NOTATIONS = {
  date: { choices: ['dmy', 'mdy'], read: readDay },
  money: {
    choices: Object.keys(SIGNS),
    read: (text, sign) => {
      const amount = readAmount(text);
      return SIGNS[sign]?.includes(amount?.decimal) ? amount.value : null;
    },
  },
};

/** The notation of a column: some texts need it, and none forbids it. `doubt` is a text if the person has to say. */
function findNotation({ choices, read }, texts) {
  const readings = texts.map((text) => ({ text, values: choices.map((choice) => read(text, choice)) }));
  const differing = readings.filter(({ values: [one, other] }) => one !== other);
  const needed = choices.filter((_, at) => differing.some(({ values }) => values[1 - at] === null));
  if (differing.length === 0) return { choice: choices[0], doubt: '' };
  return needed.length === 1 ? { choice: needed[0], doubt: '' } : { choice: '', doubt: differing[0].text };
}

/** `encodings`: those it may be in; none for a workbook. @throws {FileUnusable} */
export async function openSource(file) {
  if (file.size > MAX_BYTES) throw new FileUnusable('file.big', { megabytes: MAX_BYTES / 1024 / 1024 });
  if (file.size === 0) throw new FileUnusable('file.empty');
  let buffer;
  try {
    buffer = await file.arrayBuffer();
  } catch {
    throw new FileUnusable('file.changed'); // the browser refuses what is no longer the file that was chosen
  }
  const bytes = new Uint8Array(buffer);
  const isZip = String.fromCharCode(...bytes.subarray(0, 4)) === 'PK\x03\x04';
  return { name: file.name, bytes, encodings: isZip ? [] : possibleEncodings(bytes) };
}

export async function proposePlan({ bytes, encodings }, { encoding = encodings[0], sheet } = {}) {
  const limit = MAX_ROWS + TITLE_ROWS;
  const found = encoding
    ? { records: readCsv(decode(bytes, encoding), limit), sheets: [], sheet: '' }
    : (await import('./xlsx_read.js')).readXlsx(bytes, limit, sheet);
  const days = FIELDS.filter(({ kind, isNullable }) => kind === 'date' && !isNullable);
  const fixed = Object.fromEntries(days.map(({ name }) => [name, today()]));
  return withHeadings({ ...found, encoding: encoding ?? '', fixed, edits: {} }, findHeadings(found.records));
}

export function withHeadings(plan, headingsAt) {
  const chosen = { ...plan, headingsAt };
  const { length } = bodyOf(chosen);
  if (length === 0) throw new FileUnusable('file.noRows');
  if (length > MAX_ROWS) throw new FileUnusable('file.rows', { limit: MAX_ROWS });
  return withTargets(chosen, suggestTargets(headingsOf(chosen)));
}

/** With the notations of the columns, as far as they show. */
export function withTargets(plan, targets) {
  const found = Object.entries(NOTATIONS).map(([wanted, notation]) => {
    const places = [...targets.keys()].filter((at) => FIELDS.some(({ name, kind }) => name === targets[at] && kind === wanted));
    const cells = bodyOf(plan).flatMap(({ cells }) => places.map((at) => cells[at]));
    return [wanted, findNotation(notation, cells.filter((cell) => typeof cell === 'string').map(bare))];
  });
  const of = (member) => Object.fromEntries(found.map(([kind, notation]) => [kind, notation[member]]));
  return { ...plan, targets, notations: of('choice'), doubts: of('doubt') };
}

export const headingsOf = ({ records, headingsAt }) =>
  headingsAt < 0 ? records[0].cells.map(() => '') : records[headingsAt].cells;

export const bodyOf = ({ records, headingsAt }) => records.slice(headingsAt + 1);

/** The places of columns that have something and are not used. */
export function unusedColumns(plan) {
  const headings = headingsOf(plan);
  const isEmpty = (at) => bodyOf(plan).every(({ cells }) => String(cells[at] ?? '').trim() === '');
  return [...headings.keys()].filter((at) => !plan.targets[at] && !OWN.includes(plain(headings[at])) && !isEmpty(at));
}

/** The fields that no column has and every employee does. */
export const missingFields = ({ targets }) =>
  FIELDS.filter(({ name, isNullable }) => !isNullable && !targets.includes(name) &&
    !(name === 'nombre' && targets.some((target) => NAME_PARTS.includes(target))));

/** Whether the person still has to say something before rows can be read. */
export const isOpen = (plan) =>
  Object.values(plan.notations).includes('') || missingFields(plan).some(({ name }) => !plan.fixed[name]?.trim());

export const readRows = (plan) => bodyOf(plan).map((record) => readRow(record, plan));

function readRow({ line, cells }, plan) {
  const places = Object.groupBy(plan.targets.keys(), (at) => plan.targets[at]);
  const of = (target) => (places[target] ?? []).map((at) => (cells[at] === undefined ? '' : cells[at]));
  const edits = plan.edits[line] ?? {};
  const first = ([cell = '']) => cell;
  const texts = FIELDS.map(({ name }) => [name, name === 'nombre' ? nameOf(NAME_PARTS.map(of)) : first(of(name))]);
  const inputs = { ...Object.fromEntries(texts), ...edits };
  const isTooLong = cells.slice(plan.targets.length).some((cell) => String(cell).trim() !== '');
  const findings = isTooLong ? [{ field: '', rule: 'file.cellsTooMany' }] : [];
  const values = {};
  for (const field of FIELDS) {
    const { name } = field;
    const { rule, value = null } = name in edits ? { value: read(field, edits[name]) } : readCell(field, inputs[name], plan);
    if (rule) findings.push({ field: name, rule });
    values[name] = value;
  }
  const given = FIELDS.map(({ name }) => name).filter((name) => String(inputs[name] ?? '').trim() !== '');
  return { line, id: Number(of('id')[0]) || null, cells: inputs, given, values: withoutNulls(values), findings };
}

const nameOf = (parts) => (parts.flat().includes(null) ? null : joinName(parts.map((cells) => cells.map(String))));

/** Spreadsheets and our own export put an apostrophe before what is no formula. */
const bare = (cell) => cleanText(String(cell)).replace(/^'/, '');

/** The value, or the rule it breaks. */
function readCell(field, cell, plan) {
  const { kind, name } = field;
  if (cell === null) return { rule: 'cell.formula' };
  if (typeof cell === 'number' && kind === 'money') return { value: cell };
  if (typeof cell === 'number' && kind === 'date' && isSerial(cell)) return { value: dayOf(cell) };
  const text = String(cell).trim() || (plan.fixed[name] ?? '');
  const notation = NOTATIONS[kind];
  if (!notation) return { value: read(field, text) };
  const value = notation.read(bare(text), plan.notations[kind]);
  const isOther = value === null && notation.choices.some((choice) => notation.read(bare(text), choice) !== null);
  return isOther ? { rule: 'cell.notation' } : { value: value ?? read(field, bare(text)) };
}

/** Two operations a row: by its address and by its number. */
const ROWS_AT_ONCE = MOST_OPERATIONS / 2;

/** Asks what would become of rows, a few hundred at a time; nothing is written. */
export async function* compareRows(rows) {
  for (let at = 0; at < rows.length; at += ROWS_AT_ONCE) yield compareSome(rows.slice(at, at + ROWS_AT_ONCE));
}

async function compareSome(rows) {
  const creations = rows.map((row) => ({ list: 'crear', body: row.values }));
  const numbers = [...new Set(rows.map(({ id }) => id).filter(Boolean))]; // a batch takes each once
  const changes = numbers.map((id) => ({ list: 'actualizar', body: { id, version: 1, cambios: { nombre: 'x' } } }));
  const batch = { id: newId(), origin: 'importacion', isSimulated: true };
  const answers = await sendOperations(batch, [...creations, ...changes]);
  const byNumber = new Map(numbers.map((id, at) => [id, answers[rows.length + at].empleado]));
  return rows.map((row, at) => [row, compareRow(row, answers[at], byNumber.get(row.id))]);
}

/** From what the server says of the row, and from the employee with its number. Findings are at most one a field. */
export function compareRow({ findings, ...row }, { existente, errores = [] }, numbered) {
  const refused = errores.filter(({ campo }) => !findings.some(({ field }) => field === campo));
  const wrong = [...findings, ...refused.map(({ campo, mensaje }) => ({ field: campo, words: mensaje }))];
  if (wrong.length > 0) return { kind: 'wrong', findings: wrong };
  const existing = numbered ?? existente;
  if (!existing) return { kind: 'new' };
  const changes = FIELDS.filter(({ name }) => row.given.includes(name) && existing[name] !== row.values[name])
    .map(({ name }) => ({ field: name, before: existing[name], after: row.values[name] }));
  const isTaken = numbered && existente && existente.id !== numbered.id;
  const isAnotherPerson = !mayBeSame(existing.nombre, row.values.nombre) && !(numbered && existing.email === row.values.email);
  if (isTaken || isAnotherPerson) return { kind: 'conflict', existing: isTaken ? existente : existing, changes };
  return { kind: changes.length > 0 ? 'changed' : 'unchanged', existing, changes };
}

/** The compared rows: one that repeats the address or the number of an earlier row that can be imported is wrong. */
export function markRepeated(rows) {
  const firstLines = new Map();
  return rows.map((row) => {
    if (!row.kind || row.kind === 'wrong') return row;
    const keys = [row.values.email, row.id].filter(Boolean);
    const taken = keys.find((key) => firstLines.has(key));
    if (!taken) {
      keys.forEach((key) => firstLines.set(key, row.line));
      return row;
    }
    const finding = { field: taken === row.id ? '' : 'email', rule: 'file.duplicate', line: firstLines.get(taken) };
    return { ...row, kind: 'wrong', findings: [finding] };
  });
}

/** Whether one name has all words of the other: "Ana Pérez" may be "Ana Perez Gil", not "Ana Soler". */
function mayBeSame(...names) {
  const [some, more] = names.map((name) => new Set(fold(name).match(/[\p{L}\p{N}]+/gu))).sort((a, b) => a.size - b.size);
  return [...some].every((word) => more.has(word));
}
