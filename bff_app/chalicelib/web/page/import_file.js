// @ts-check
/** From a file and what the person decided about it to rows, each with what is wrong with it. Sends nothing. */

import { FileUnusable, readCsv } from './csv.js';
import { decode, possibleEncodings } from './encodings.js';
import { FIELDS, dayReading, read } from './fields.js';
import { today } from './format.js';
import { findDayOrder, findDecimal, findHeadings, isOwn, joinName, suggestTargets } from './import_columns.js';
import { readAmount, readDay } from './notation.js';
import { judge, withoutNulls } from './rules.js';

/**
 * @typedef {import('./csv.js').Cell} Cell
 * @typedef {{name: string, bytes: Uint8Array, encodings: string[]}} Source `encodings`: those it may be in; none for a
 *   workbook
 * @typedef {object} Plan how a file is read; the page proposes it, the person may change it
 * @property {string} encoding @property {string} sheet
 * @property {string[]} sheets
 * @property {import('./csv.js').FileRecord[]} records
 * @property {number} headingsAt the place of the headings among the records; -1: there are none
 * @property {string[]} targets the field of each column, or a part of a name; '' is not used
 * @property {'dmy' | 'mdy' | ''} order @property {string} decimal '' until the person decides, if `asks` says so
 * @property {{order: string, decimal: boolean}} asks `order`: a day that is written ambiguously, or ''
 * @property {Record<string, string>} fixed by field: the text for lines without one
 * @property {Record<number, Record<string, string>>} edits by line and field
 * @typedef {object} Row
 * @property {number} line @property {number | null} id
 * @property {Record<string, Cell>} cells by field, as the file or the person has them
 * @property {string[]} given the fields that are not empty there
 * @property {import('./api.js').Values} values what would be sent
 * @property {import('./rules.js').Finding[]} findings none: it can be sent
 */

export const MAX_ROWS = 10_000;
/** A row takes about a hundred bytes. */
const MAX_BYTES = 20 * 1024 * 1024;
const TITLE_ROWS = 30;
const BROKEN = [[/\ufffd/, 'cell.damaged'], [/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/, 'cell.control']];
/** Excel's number of a day: from 1927 to 2119. */
const isSerial = (number) => Number.isInteger(number) && number > 10_000 && number < 80_000;
const EXCEL_EPOCH = Date.UTC(1899, 11, 30);
const DAY_MS = 86_400_000;
/** In the order of a name. */
const NAME_PARTS = ['nombre', 'apellidos_nombre', 'apellidos'];

/** @param {File} file @returns {Promise<Source>} @throws {FileUnusable} */
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

/** @param {Source} source @returns {Promise<Plan>} @throws {FileUnusable} */
export async function proposePlan({ bytes, encodings }, { encoding = encodings[0], sheet } = {}) {
  const limit = MAX_ROWS + TITLE_ROWS;
  const found = encoding
    ? { records: readCsv(decode(bytes, encoding), limit), sheets: [], sheet: '' }
    : (await import('./xlsx_read.js')).readXlsx(bytes, limit, sheet);
  const days = FIELDS.filter(({ kind, isNullable }) => kind === 'date' && !isNullable);
  const fixed = Object.fromEntries(days.map(({ name }) => [name, today()]));
  return withHeadings({ ...found, encoding: encoding ?? '', fixed, edits: {} }, findHeadings(found.records));
}

/** The same file with its headings in another line. @param {any} plan @param {number} headingsAt @returns {Plan} */
export function withHeadings(plan, headingsAt) {
  const chosen = { ...plan, headingsAt };
  const { length } = bodyOf(chosen);
  if (length === 0) throw new FileUnusable('file.noRows');
  if (length > MAX_ROWS) throw new FileUnusable('file.rows', { limit: MAX_ROWS });
  return withTargets(chosen, suggestTargets(headingsOf(chosen)));
}

/** With the notations of the columns, as far as they show. @param {any} plan @param {string[]} targets @returns {Plan} */
export function withTargets(plan, targets) {
  const body = bodyOf(plan);
  const cellsOf = (wanted) => {
    const places = [...targets.keys()].filter((at) => FIELDS.some(({ name, kind }) => name === targets[at] && kind === wanted));
    return body.flatMap(({ cells }) => places.map((at) => cells[at] ?? ''));
  };
  const days = findDayOrder(cellsOf('date').filter((cell) => typeof cell === 'string'));
  const amounts = findDecimal(cellsOf('money'));
  const asks = { order: days.isSure ? '' : days.example, decimal: !amounts.isSure };
  return { ...plan, targets, asks, order: days.isSure ? days.order : '', decimal: amounts.isSure ? amounts.decimal : '' };
}

/** The headings, or as many empty ones as there are columns. @param {Plan} plan @returns {Cell[]} */
export const headingsOf = ({ records, headingsAt }) =>
  headingsAt < 0 ? records[0].cells.map(() => '') : records[headingsAt].cells;

/** The records below the headings. @param {Plan} plan */
export const bodyOf = ({ records, headingsAt }) => records.slice(headingsAt + 1);

/** The places of columns that have something and are not used. @param {Plan} plan @returns {number[]} */
export function unusedColumns(plan) {
  const headings = headingsOf(plan);
  const isEmpty = (at) => bodyOf(plan).every(({ cells }) => String(cells[at] ?? '').trim() === '');
  return [...headings.keys()].filter((at) => !plan.targets[at] && !isOwn(headings[at]) && !isEmpty(at));
}

/** The fields that no column has and every employee does. @param {Plan} plan */
export const missingFields = ({ targets }) =>
  FIELDS.filter(({ name, isNullable }) => !isNullable && !targets.includes(name) &&
    !(name === 'nombre' && targets.some((target) => NAME_PARTS.includes(target))));

/** Whether the person still has to say something before rows can be read. @param {Plan} plan */
export const isOpen = (plan) =>
  !plan.order || (plan.asks.decimal && !plan.decimal) || missingFields(plan).some(({ name }) => !plan.fixed[name]?.trim());

/** @param {Plan} plan @param {import('./rules.js').Schema} schema of what the API accepts @returns {Row[]} */
export function readRows(plan, schema) {
  const rows = bodyOf(plan).map((record) => readRow(record, plan, schema));
  const firstLines = new Map();
  for (const { line, id, values, findings } of rows.filter((row) => row.findings.length === 0)) {
    const keys = [values.email, id].filter(Boolean);
    const taken = keys.find((key) => firstLines.has(key));
    if (taken) findings.push({ field: taken === id ? '' : 'email', rule: 'file.duplicate', line: firstLines.get(taken) });
    else keys.forEach((key) => firstLines.set(key, line));
  }
  return rows;
}

function readRow({ line, cells }, plan, schema) {
  const places = Object.groupBy(plan.targets.keys(), (at) => plan.targets[at]);
  const of = (target) => (places[target] ?? []).map((at) => (cells[at] === undefined ? '' : cells[at]));
  const edits = plan.edits[line] ?? {};
  const first = ([cell = '']) => cell;
  const read = FIELDS.map(({ name }) => [name, name === 'nombre' ? nameOf(NAME_PARTS.map(of)) : first(of(name))]);
  const inputs = { ...Object.fromEntries(read), ...edits };
  const { values, findings } = judge(schema, inputs, (field, cell) => readCell(field, cell, plan, field.name in edits));
  const isTooLong = cells.slice(plan.targets.length).some((cell) => String(cell).trim() !== '');
  if (isTooLong) findings.unshift({ field: '', rule: 'file.cellsTooMany' });
  const given = FIELDS.map(({ name }) => name).filter((name) => String(inputs[name] ?? '').trim() !== '');
  return { line, id: Number(of('id')[0]) || null, cells: inputs, given, values: withoutNulls(values), findings };
}

/** @param {Cell[][]} parts @returns {Cell} */
const nameOf = (parts) => (parts.flat().includes(null) ? null : joinName(parts.map((cells) => cells.map(String))));

/** @param {any} field @param {Cell} cell @param {Plan} plan @param {boolean} isEdited by the person: as in a form */
function readCell(field, cell, plan, isEdited) {
  if (cell === null) return { problem: 'cell.formula' };
  if (typeof cell === 'number' && field.kind === 'money') return { value: cell };
  if (typeof cell === 'number' && field.kind === 'date' && isSerial(cell)) {
    return { value: new Date(EXCEL_EPOCH + cell * DAY_MS).toISOString().slice(0, 10) };
  }
  const broken = BROKEN.find(([pattern]) => pattern.test(String(cell)));
  if (broken) return { problem: broken[1] };
  const text = String(cell).trim() || (plan.fixed[field.name] ?? '');
  const bare = ['money', 'date'].includes(field.kind) ? text.replace(/^'/, '') : text;
  if (isEdited || bare === '') return read(field, bare);
  if (field.kind === 'date') return dayReading(readDay(bare, plan.order || 'dmy'));
  const sign = field.kind === 'money' && plan.decimal && readAmount(bare)?.decimal;
  return sign && sign !== plan.decimal ? { problem: 'number.mixed' } : read(field, bare);
}
