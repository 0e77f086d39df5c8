// @ts-check
/**
 * Reads the cells of an Excel workbook (ECMA-376): values as Excel saved them. Formulas are not calculated and links not
 * followed. What it unpacks is counted while it unpacks, so that a small file cannot become a large one.
 */

import { FileUnusable, MAX_COLUMNS } from './csv.js';
import { Unzip, UnzipInflate } from './fflate.js';
import { Parser } from './saxen.js';

const MAX_UNPACKED_BYTES = 100 * 1024 * 1024;
/** Of a zip bomb, a step may become a thousand times as much. */
const STEP_BYTES = 16 * 1024;
const PARTS = /^xl\/(?:workbook\.xml|_rels\/workbook\.xml\.rels|sharedStrings\.xml|styles\.xml|worksheets\/[^/]+\.xml)$/i;
const DAY_MS = 86_400_000;
/** The number formats that Excel does not write down, and that are dates. */
const DATE_FORMATS = new Set([14, 15, 16, 17, 22, 27, 28, 29, 30, 31, 36, 50, 51, 52, 53, 54, 55, 56, 57, 58]);

/** The visible sheets, and the records (at most `limit`) of the wanted one or the first. @throws {FileUnusable} */
export function readXlsx(bytes, limit, wanted) {
  try {
    const parts = unpack(bytes);
    const { sheets, isMac } = readWorkbook(parts);
    const found = sheets.find(({ name }) => name === wanted) ?? sheets[0];
    const xml = parts.get(found?.part);
    if (!xml) throw new FileUnusable('file.damaged');
    const records = readSheet(xml, readStrings(parts), readDateStyles(parts), isMac, limit);
    return { sheets: sheets.map(({ name }) => name), sheet: found.name, records };
  } catch (error) {
    throw error instanceof FileUnusable ? error : new FileUnusable('file.damaged'); // of the libraries
  }
}

/** The parts that matter, by their names in small letters. */
function unpack(bytes) {
  const parts = new Map();
  let left = MAX_UNPACKED_BYTES;
  const unzip = new Unzip((file) => {
    if (!PARTS.test(file.name)) return;
    const decoder = new TextDecoder();
    let text = '';
    file.ondata = (error, chunk, isLast) => {
      if (error) throw error;
      left -= chunk.length;
      if (left < 0) throw new FileUnusable('file.bomb', { megabytes: MAX_UNPACKED_BYTES / 1024 / 1024 });
      text += decoder.decode(chunk, { stream: !isLast });
      if (isLast) parts.set(file.name.toLowerCase(), text);
    };
    file.start();
  });
  unzip.register(UnzipInflate);
  for (let at = 0; at < bytes.length; at += STEP_BYTES) {
    unzip.push(bytes.subarray(at, at + STEP_BYTES), at + STEP_BYTES >= bytes.length);
  }
  return parts;
}

/** Calls back for each element by its name without prefix; `text` gets the names of the elements around it. */
function parse(xml = '<none/>', { open = (_name, _attributes) => {}, close = (_name) => {}, text = (_text, _around) => {} }) {
  const around = [];
  const parser = new Parser();
  parser.on('openTag', (name, attributes) => {
    around.push(name.replace(/^.*:/, ''));
    open(around.at(-1), attributes());
  });
  parser.on('closeTag', () => close(around.pop()));
  parser.on('text', (raw) => text(decodeText(raw), around));
  parser.on('cdata', (plain) => text(plain, around));
  parser.parse(xml);
}

/** Rich text is in several runs; `rPh` has the reading aids of Japanese. */
const isWritten = (around) => around.at(-1) === 't' && !around.includes('rPh');

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** Entities, then Excel's own way to write control characters. @param {string} raw */
const decodeText = (raw) => raw
  .replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) =>
    name ? (ENTITIES[name] ?? whole) : String.fromCodePoint(hex ? parseInt(hex, 16) : Number(decimal)))
  .replace(/_x([\da-f]{4})_/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));

function readWorkbook(parts) {
  const targets = new Map();
  const sheets = [];
  let isMac = false;
  parse(parts.get('xl/_rels/workbook.xml.rels'), {
    open: (name, { Id, Target = '' }) => {
      if (name === 'Relationship') targets.set(Id, Target.replace(/^\/?(?:xl\/)?/, 'xl/').toLowerCase());
    },
  });
  parse(parts.get('xl/workbook.xml'), {
    open: (name, attributes) => {
      if (name === 'workbookPr') isMac = /^(?:1|true)$/.test(attributes.date1904 ?? '');
      const isVisible = name === 'sheet' && !/hidden/i.test(attributes.state ?? '');
      if (isVisible) sheets.push({ name: attributes.name, part: targets.get(attributes['r:id'] ?? attributes.id) });
    },
  });
  return { sheets, isMac };
}

function readStrings(parts) {
  const strings = [];
  let string = '';
  parse(parts.get('xl/sharedstrings.xml'), {
    text: (text, around) => {
      if (isWritten(around)) string += text;
    },
    close: (name) => {
      if (name !== 'si') return;
      strings.push(string);
      string = '';
    },
  });
  return strings;
}

/** Whether each cell style shows a date: Excel stores days as numbers. @returns {boolean[]} */
function readDateStyles(parts) {
  const formats = new Set(DATE_FORMATS);
  const styles = [];
  let isInCells = false;
  parse(parts.get('xl/styles.xml'), {
    open: (name, { numFmtId, formatCode = '' }) => {
      const code = formatCode.replace(/"[^"]*"|\\.|\[[^\]]*\]/g, '');
      if (name === 'numFmt' && /[dy]/i.test(code)) formats.add(Number(numFmtId));
      if (name === 'cellXfs') isInCells = true;
      if (name === 'xf' && isInCells) styles.push(formats.has(Number(numFmtId)));
    },
    close: (name) => {
      if (name === 'cellXfs') isInCells = false;
    },
  });
  return styles;
}

function readSheet(xml, strings, dateStyles, isMac, limit) {
  const records = [];
  let record = { line: 0, cells: [] };
  let cell = { at: -1, type: 'n', style: 0, isFormula: false, value: '' };
  const read = ({ type, style, isFormula, value }) => {
    if (type === 'e' || (isFormula && value === '')) return null;
    if (type === 's') return strings[Number(value)] ?? null;
    if (type === 'd') return value.slice(0, 10);
    if (type !== 'n' || value === '') return value;
    return dateStyles[style] ? dayOf(Number(value), isMac) : Number(Number(value).toPrecision(15));
  };
  parse(xml, {
    open: (name, { r = '', t = 'n', s = 0 }) => {
      if (name === 'row') record = { line: Number(r) || record.line + 1, cells: [] };
      if (name === 'c') cell = { at: columnOf(r) ?? cell.at + 1, type: t, style: Number(s), isFormula: false, value: '' };
      if (name === 'f') cell.isFormula = true;
    },
    text: (text, around) => {
      if (around.at(-1) === 'v' || isWritten(around)) cell.value += text;
    },
    close: (name) => {
      if (name === 'c') {
        const content = read(cell);
        if (content === '') return;
        if (cell.at >= MAX_COLUMNS) throw new FileUnusable('file.columns', { line: record.line, limit: MAX_COLUMNS });
        while (record.cells.length < cell.at) record.cells.push('');
        record.cells[cell.at] = content;
      } else if (name === 'row') {
        cell.at = -1;
        if (record.cells.length > 0) records.push(record);
        if (records.length > limit) throw new FileUnusable('file.rows', { limit });
      }
    },
  });
  if (records.length === 0) throw new FileUnusable('file.empty');
  return records;
}

/** `AB12` is in column 27, from 0. @param {string} place */
function columnOf(place) {
  const [letters] = /^[A-Z]{1,3}/i.exec(place) ?? [];
  return letters && [...letters.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

/** Excel counts days from 1900, and a 29 February that was none; on old Macs from 1904. @param {number} serial */
function dayOf(serial, isMac) {
  const first = isMac ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, serial < 60 ? 31 : 30);
  const moment = new Date(first + Math.floor(serial) * DAY_MS);
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString().slice(0, 10);
}
