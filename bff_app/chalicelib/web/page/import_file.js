// @ts-check
/** From a file to rows to write, each with what is wrong with it. Sends nothing. */

import { CsvError, decode, readCsv } from './csv.js';
import { FIELDS } from './fields.js';
import { judge, withoutNulls } from './rules.js';

/**
 * @typedef {object} Row
 * @property {number} line of the file, from 1
 * @property {Record<string, string>} texts as the file has them
 * @property {import('./api.js').Values} values what would be sent
 * @property {import('./rules.js').Finding[]} findings none: it can be sent
 * @typedef {{rows: Row[], ignored: string[], encoding: string}} Sheet
 */

export const MAX_ROWS = 10_000;
/** A row takes about a hundred bytes. */
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
  const [headings, ...body] = readCsv(text, MAX_ROWS).records;
  const columns = findColumns(headings.cells, schema);
  if (body.length === 0) throw new CsvError('csv.noRows');
  const rows = body.map((record) => readRow(record, columns, headings.cells.length, schema));
  markDuplicates(rows);
  const used = [...columns.values()];
  const ignored = headings.cells.filter((heading, index) => heading.trim() !== '' && !used.includes(index));
  return { rows, ignored, encoding };
}

/** @param {string} heading @returns {string} without case, accents, and the signs that people put between words */
const plain = (heading) =>
  heading.normalize('NFD').replace(/[\u0300-\u036f]/g, '').trim().toLowerCase().replace(/[\s_]+/g, ' ');

/** The place of each field. @param {string[]} headings @param {import('./rules.js').Schema} schema */
function findColumns(headings, schema) {
  const names = headings.map(plain);
  const columns = new Map();
  for (const { name, aliases } of FIELDS) {
    const places = names.flatMap((heading, index) => ([plain(name), ...aliases].includes(heading) ? [index] : []));
    if (places.length > 1) throw new CsvError('csv.columnTwice', { column: headings[places[1]].trim() });
    if (places.length === 1) columns.set(name, places[0]);
  }
  const missing = (schema.required ?? []).filter((name) => !columns.has(name));
  if (missing.length > 0) throw new CsvError('csv.columnsMissing', { columns: missing.join(', ') });
  return columns;
}

function readRow({ line, cells }, columns, width, schema) {
  const texts = Object.fromEntries([...columns].map(([name, place]) => [name, cells[place] ?? '']));
  const { values, findings } = judge(schema, texts);
  if (cells.length > width) findings.unshift({ field: '', rule: 'csv.cellsTooMany' });
  return { line, texts, values: withoutNulls(values), findings };
}

/** An address that stands twice in the file can be created only once. @param {Row[]} rows */
function markDuplicates(rows) {
  const firstLines = new Map();
  for (const { line, values, findings } of rows) {
    const email = String(values.email ?? '').toLowerCase();
    const first = firstLines.get(email);
    if (email === '') continue;
    if (first === undefined) firstLines.set(email, line);
    else findings.push({ field: 'email', rule: 'csv.duplicate', line: first });
  }
}
