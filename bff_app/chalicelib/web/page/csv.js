// @ts-check
/** Reads and writes CSV (RFC 4180) as spreadsheets do: `;`, tab, `|` or `,`, quotes, any line end. */

/** A file that cannot be used as a whole. `rule` is the key of a text. */
export class FileUnusable extends Error {
  /** @param {string} rule @param {Record<string, string | number>} [values] */
  constructor(rule, values = {}) {
    super(rule);
    this.rule = rule;
    this.values = values;
  }
}

/** @typedef {string | number | null} Cell null: a formula without a value
 * @typedef {{line: number, cells: Cell[]}} FileRecord `line` is where the record begins, from 1 */
export const MAX_COLUMNS = 200;
const BYTE_ORDER_MARK = '\ufeff';
/** What a spreadsheet may take for a formula (OWASP, "CSV Injection"), full-width signs included. */
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const SEPARATORS = [';', '\t', '|', ','];
/** Records from which the separator is found. */
const PROBE = 30;

/** The records without the blank lines, at most `limit`. @param {string} text @returns {FileRecord[]} @throws {FileUnusable} */
export function readCsv(text, limit) {
  const unmarked = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  const [beforeEnd, afterEnd = '-'] = unmarked.split('\x1a', 2); // MS-DOS ended files with it
  const content = afterEnd.trim() === '' ? beforeEnd : unmarked;
  if (content.trim() === '') throw new FileUnusable('file.empty');
  if (content.includes('\0')) throw new FileUnusable('file.binary');
  const [said, separator] = /^sep=([;,|\t])\r?\n?/.exec(content) ?? ['', findSeparator(content)];
  const records = [];
  for (const { line, cells } of scan(content.slice(said.length), separator, said ? 2 : 1)) {
    if (cells.every((cell) => cell.trim() === '')) continue;
    if (cells.length > MAX_COLUMNS) throw new FileUnusable('file.columns', { line, limit: MAX_COLUMNS });
    records.push({ line, cells: cells.map(unwrapped) });
    if (records.length > limit) throw new FileUnusable('file.rows', { limit });
  }
  return records;
}

/** The separator that gives most of the first records the same number of cells. @param {string} content */
function findSeparator(content) {
  const scores = SEPARATORS.map((separator) => {
    const widths = [];
    try {
      for (const { cells } of scan(content, separator)) if (widths.push(cells.length) === PROBE) break;
    } catch (error) {
      if (!(error instanceof FileUnusable)) throw error; // reading it all tells the line
    }
    const alike = Object.values(Object.groupBy(widths, (width) => width)).filter(([width]) => width > 1);
    return Math.max(0, ...alike.map((same) => same.length + Math.min(same[0], MAX_COLUMNS) / 1000));
  });
  return SEPARATORS[scores.indexOf(Math.max(...scores))];
}

function* scan(content, separator, line = 1) {
  const plain = new RegExp(`[^\\${separator}\\r\\n]*`, 'y');
  const lineEnd = /\r\n|\r|\n/y;
  let at = 0;
  let record = { line, cells: [] };
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
    if (quote === -1) throw new FileUnusable('file.openQuote', { line });
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

/** Spreadsheets are told by `="007"` to keep a text. Formulas are not calculated. @param {string} cell @returns {Cell} */
function unwrapped(cell) {
  if (!cell.startsWith('=')) return withoutGuard(cell);
  return /^="([^"]*)"$/.exec(cell)?.[1] ?? /^=(-?[\d.,]+)$/.exec(cell)?.[1] ?? null;
}

function quoted(cell, separator) {
  const needsQuotes = cell.includes(separator) || /["\r\n]|^\s|\s$/.test(cell);
  return needsQuotes ? `"${cell.replaceAll('"', '""')}"` : cell;
}
