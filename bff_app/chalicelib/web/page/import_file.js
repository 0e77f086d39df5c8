// @ts-check
/** From a file to rows that can be written, each with what is wrong with it. Nothing is sent from here. */

import { CsvError, decode, readCsv } from './csv.js';
import { FIELDS, read } from './fields.js';
import { check } from './rules.js';

/** @typedef {import('./api.js').Values} Values */
/** @typedef {{field: string, rule: string, limit?: number, line?: number}} Finding `rule` is the key of a text */
/**
 * @typedef {object} Row
 * @property {number} line of the file, from 1
 * @property {Record<string, string>} texts as the file has them
 * @property {Values} values what would be sent
 * @property {Finding[]} findings none: it can be sent
 */
/** @typedef {{rows: Row[], ignored: string[], encoding: string, separator: string}} Sheet */

export const MAX_ROWS = 10_000;
/** A row is some hundred bytes; what is far beyond that is no list of employees. */
const MAX_BYTES = 20 * 1024 * 1024;

/**
 * @param {ArrayBuffer} bytes
 * @param {import('./rules.js').Schema} schema of what the API accepts
 * @returns {Sheet}
 * @throws {CsvError} the file as a whole cannot be used
 */
export function readSheet(bytes, schema) {
  if (bytes.byteLength > MAX_BYTES) throw new CsvError('csv.tooBig', { megabytes: MAX_BYTES / 1024 / 1024 });
  const { text, encoding } = decode(bytes);
  const { separator, records } = readCsv(text, MAX_ROWS);
  const [headings, ...body] = records;
  const columns = findColumns(headings.cells, schema);
  if (body.length === 0) throw new CsvError('csv.noRows');
  const rows = body.map((record) => readRow(record, columns, headings.cells.length, schema));
  markDuplicates(rows);
  const ignored = headings.cells.filter(
    (heading, index) => heading.trim() !== '' && ![...columns.values()].includes(index),
  );
  return { rows, ignored, encoding, separator };
}

/** @param {string} heading @returns {string} without case, accents, and the signs that people put between words */
const plain = (heading) =>
  heading
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .trim()
    .toLowerCase()
    .replace(/[\s_]+/g, ' ');

/**
 * @param {string[]} headings
 * @param {import('./rules.js').Schema} schema
 * @returns {Map<string, number>} where each field stands
 */
function findColumns(headings, schema) {
  const names = headings.map(plain);
  /** @type {Map<string, number>} */
  const columns = new Map();
  for (const { name, aliases } of FIELDS) {
    const places = names.flatMap((heading, index) => ([plain(name), ...aliases].includes(heading) ? [index] : []));
    if (places.length > 1) throw new CsvError('csv.columnTwice', { column: headings[places[1]].trim() });
    if (places.length === 1) columns.set(name, places[0]);
  }
  const missing = (schema.required ?? []).filter((/** @type {string} */ name) => !columns.has(name));
  if (missing.length > 0) throw new CsvError('csv.columnsMissing', { columns: missing.join(', ') });
  return columns;
}

/**
 * @param {import('./csv.js').CsvRecord} record
 * @param {Map<string, number>} columns
 * @param {number} width cells that a record should have
 * @param {import('./rules.js').Schema} schema
 * @returns {Row}
 */
function readRow({ line, cells }, columns, width, schema) {
  /** @type {Record<string, string>} */
  const texts = {};
  /** @type {Values} */
  const values = {};
  /** @type {Finding[]} */
  const findings = [];
  for (const field of FIELDS) {
    const place = columns.get(field.name);
    if (place === undefined) continue;
    texts[field.name] = cells[place] ?? '';
    const reading = read(field, texts[field.name]);
    if ('problem' in reading) findings.push({ field: field.name, rule: reading.problem });
    else if (reading.value !== null) values[field.name] = reading.value;
  }
  if (cells.length > width) findings.push({ field: '', rule: 'csv.cellsTooMany' });
  const unread = new Set(findings.map(({ field }) => field));
  findings.push(...check(schema, values).filter(({ field }) => !unread.has(field)));
  return { line, texts, values, findings };
}

/** An address that stands twice in the file can be created only once. @param {Row[]} rows */
function markDuplicates(rows) {
  /** @type {Map<string, number>} */
  const firstLines = new Map();
  for (const { line, values, findings } of rows) {
    const email = String(values.email ?? '').toLowerCase();
    const first = firstLines.get(email);
    if (email === '') continue;
    if (first === undefined) firstLines.set(email, line);
    else findings.push({ field: 'email', rule: 'csv.duplicate', line: first });
  }
}
