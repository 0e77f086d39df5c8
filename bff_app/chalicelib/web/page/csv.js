/** Reads and writes CSV (RFC 4180) as spreadsheets do: `;`, tab, `|` or `,`, quotes, any line end. */

/** A file that cannot be used as a whole. `rule` is the key of a text. */
export class FileUnusable extends Error {
  constructor(rule, values = {}) {
    super(rule);
    this.rule = rule;
    this.values = values;
  }
}

export const MAX_COLUMNS = 200;
const BYTE_ORDER_MARK = '\ufeff';
/** What a spreadsheet may take for a formula (OWASP, "CSV Injection"), full-width signs included. */
const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
/** The same after what a spreadsheet of another language takes for the end of a cell, in spite of quotes. */
const INNER = /([;,|\t\r\n][ "]*)('*[=+\-@\uff1d\uff0b\uff0d\uff20])/g;
const INNER_GUARDED = /([;,|\t\r\n][ "]*)'('*[=+\-@\uff1d\uff0b\uff0d\uff20])/g;
const LINE_ENDS = ['\r', '\n'];
const SEPARATORS = [';', '\t', '|', ','];
/** Records from which the separator is found. */
const PROBE = 30;

/** At most `limit` records, without blank lines: `line` is where one begins, from 1. A formula without a value is null. */
export function readCsv(text, limit) {
  const content = withoutEnd(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
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

/** MS-DOS ended files with 0x1A: it goes at the very end, and in lines of its own there. Elsewhere it is in a cell. */
function withoutEnd(text) {
  let last = text.length;
  while (LINE_ENDS.includes(text[last - 1])) last -= 1;
  let end = last;
  while (text[end - 1] === '\x1a') end -= 1;
  const isEnd = last === text.length || end === 0 || LINE_ENDS.includes(text[end - 1]);
  return isEnd ? text.slice(0, end) : text;
}

/** The separator that gives most of the first records the same number of cells. */
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

/** After a closing quote there should be nothing; what there is, is kept. */
function* scan(content, separator, line = 1) {
  // Bounded, because a cell of millions of quotes would exhaust the stack of regular expressions.
  const cell = new RegExp(`(?:"([^"]*(?:""[^"]*){0,99999})("|$))?([^\\${separator}\\r\\n]*)(\\${separator}|\\r\\n|\\r|\\n|$)`, 'y');
  let record = { line, cells: [] };
  let end = '';
  while (cell.lastIndex < content.length || end === separator) {
    const [, quoted = '', closing, rest, found] = cell.exec(content);
    if (closing === '') throw new FileUnusable('file.openQuote', { line });
    record.cells.push(quoted.replaceAll('""', '"') + rest);
    line += quoted.match(/\r\n|\r|\n/g)?.length ?? 0;
    end = found;
    if (end === separator) continue;
    line += 1;
    yield record;
    record = { line, cells: [] };
  }
}

/** With a byte order mark, without which Excel does not read UTF-8. */
export function writeCsv(rows, separator) {
  const lines = rows.map((cells) => cells.map((cell) => quoted(withGuard(cell), separator)).join(separator));
  return `${BYTE_ORDER_MARK}${lines.map((line) => `${line}\r\n`).join('')}`;
}

/** An apostrophe makes text of what a spreadsheet would calculate; {@link withoutGuard} takes it off again. */
const withGuard = (cell) => cell.replace(FORMULA, "'$&").replace(INNER, "$1'$2");
const withoutGuard = (cell) => (FORMULA.test(cell) ? cell.replace(/^'/, '') : cell).replace(INNER_GUARDED, '$1$2');

/** `="007"` is a text to a spreadsheet. Formulas are not calculated. */
function unwrapped(cell) {
  if (!cell.startsWith('=')) return withoutGuard(cell);
  return /^="([^"]*)"$/.exec(cell)?.[1] ?? /^=(-?[\d.,]+)$/.exec(cell)?.[1] ?? null;
}

function quoted(cell, separator) {
  const needsQuotes = cell.includes(separator) || /["\r\n]|^\s|\s$/.test(cell);
  return needsQuotes ? `"${cell.replaceAll('"', '""')}"` : cell;
}
