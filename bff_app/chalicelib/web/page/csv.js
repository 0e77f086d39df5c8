// @ts-check
/** Reads and writes CSV (RFC 4180) as spreadsheets do: `,`, `;` or tab, quotes, any line end. */

/** A file that is no CSV. `rule` is the key of a text. */
export class CsvError extends Error {
  /** @param {string} rule @param {Record<string, string | number>} [values] */
  constructor(rule, values = {}) {
    super(rule);
    this.rule = rule;
    this.values = values;
  }
}

/** @typedef {{line: number, cells: string[]}} CsvRecord `line` is where the record begins, from 1 */
const BYTE_ORDER_MARK = '\ufeff';
/** What a spreadsheet may take for a formula (OWASP, "CSV Injection"), full-width signs included. */
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const SEPARATORS = [';', ',', '\t'];

/**
 * The text of a file: UTF-8, or the encoding in which Excel for Windows writes a plain "CSV".
 *
 * @param {ArrayBuffer} bytes
 * @throws {CsvError} it is no text
 */
export function decode(bytes) {
  let encoding = 'utf-8';
  let text;
  try {
    text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    encoding = 'windows-1252';
    text = new TextDecoder(encoding).decode(bytes);
  }
  if (text.trim() === '') throw new CsvError('csv.empty');
  if (/[\u0000-\u0008\u000e-\u001f]/.test(text)) throw new CsvError('csv.binary');
  return { text, encoding };
}

/**
 * @param {string} text
 * @param {number} limit records after the first (the headings); more are refused
 * @returns {{separator: string, records: CsvRecord[]}} records without the blank lines
 * @throws {CsvError} a quote is never closed, or there are too many records
 */
export function readCsv(text, limit) {
  const content = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  const separator = findSeparator(content);
  const records = [];
  for (const record of scan(content, separator)) {
    if (record.cells.every((cell) => cell.trim() === '')) continue;
    records.push({ line: record.line, cells: record.cells.map(withoutGuard) });
    if (records.length > limit + 1) throw new CsvError('csv.tooMany', { limit });
  }
  return { separator, records };
}

/** The separator that the first line has most of. @param {string} content */
function findSeparator(content) {
  const [headings] = content.trimStart().split(/[\r\n]/, 1);
  const occurrences = (sign) => headings.split(sign).length;
  return SEPARATORS.reduce((best, sign) => (occurrences(sign) > occurrences(best) ? sign : best));
}

function* scan(content, separator) {
  const plain = new RegExp(`[^${separator}\\r\\n]*`, 'y');
  const lineEnd = /\r\n|\r|\n/y;
  let at = 0;
  let line = 1;
  let record = { line, cells: ([]) };
  while (at < content.length) {
    const cell = content[at] === '"' ? quotedCell(content, at, line) : { value: '', end: at };
    line += (cell.value.match(/\r\n|\r|\n/g) ?? []).length;
    plain.lastIndex = cell.end;
    const rest = plain.exec(content)?.[0] ?? ''; // after a closing quote there should be nothing; what there is, is kept
    record.cells.push(cell.value + rest);
    at = cell.end + rest.length;
    if (content[at] === separator) {
      at += 1;
      if (at === content.length) record.cells.push('');
      continue;
    }
    lineEnd.lastIndex = at;
    at += lineEnd.exec(content)?.[0].length ?? 0;
    line += 1;
    yield record;
    record = { line, cells: [] };
  }
  if (record.cells.length > 0) yield record;
}

/** @param {string} content @param {number} start the place of the opening quote @param {number} line */
function quotedCell(content, start, line) {
  let from = start + 1;
  let value = '';
  for (;;) {
    const quote = content.indexOf('"', from);
    if (quote === -1) throw new CsvError('csv.openQuote', { line });
    value += content.slice(from, quote);
    if (content[quote + 1] !== '"') return { value, end: quote + 1 };
    value += '"';
    from = quote + 2;
  }
}

/** With a byte order mark, without which Excel does not read UTF-8. @param {string[][]} rows @param {string} separator */
export function writeCsv(rows, separator) {
  const lines = rows.map((cells) => cells.map((cell) => quoted(withGuard(cell), separator)).join(separator));
  return `${BYTE_ORDER_MARK}${lines.map((line) => `${line}\r\n`).join('')}`;
}

/** An apostrophe makes text of what a spreadsheet would calculate; {@link withoutGuard} takes it off again. */
const withGuard = (cell) => (FORMULA.test(cell) ? `'${cell}` : cell);
const withoutGuard = (cell) => (cell.startsWith("'") && FORMULA.test(cell) ? cell.slice(1) : cell);

function quoted(cell, separator) {
  const needsQuotes = cell.includes(separator) || /["\r\n]|^\s|\s$/.test(cell);
  return needsQuotes ? `"${cell.replaceAll('"', '""')}"` : cell;
}
