/**
 * Reads the cells of an Excel workbook (ECMA-376): values as Excel saved them. Formulas are not calculated and links not
 * followed. What it unpacks is counted while it unpacks, so that a small file cannot become a large one.
 */

import { FileUnusable, MAX_COLUMNS } from './csv.js';
import { Unzip, UnzipInflate } from './fflate.js';
import { dayOf } from './fields.js';
import { Parser, decode } from './saxen.js';

const MAX_UNPACKED_BYTES = 100 * 1024 * 1024;
/** Of a zip bomb, a step may become a thousand times as much. */
const STEP_BYTES = 16 * 1024;
const PARTS = /^xl\/(?:workbook\.xml|_rels\/workbook\.xml\.rels|sharedStrings\.xml|styles\.xml|worksheets\/[^/]+\.xml)$/i;
/** What saxen's `decode` cuts to 16 bits. */
const ASTRAL = /&#(?:x([\da-f]{5,6})|(\d{5,7}));/gi;
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

/** Calls back at the end of each element with one of these names, without prefix: `{name, attributes, text}`, and those around it. */
function parse(xml = '<none/>', names, found) {
  const around = [];
  const parser = new Parser();
  // Rich text is in several runs; `rPh` has the reading aids of Japanese.
  const write = (text) => {
    const element = around.findLast(({ name }) => names.includes(name));
    const isWritten = ['v', 't'].includes(around.at(-1)?.name) && !around.some(({ name }) => name === 'rPh');
    if (element && isWritten) element.text += text;
  };
  parser.on('openTag', (tag, attributesOf) => {
    const name = tag.replace(/^.*:/, '');
    around.push({ name, attributes: names.includes(name) ? attributesOf() : {}, text: '' });
  });
  parser.on('closeTag', () => {
    const element = around.pop();
    if (names.includes(element.name)) found(element, around);
  });
  parser.on('text', (raw) => write(unescaped(raw)));
  parser.on('cdata', write);
  parser.parse(xml);
}

/** Excel has its own way to write control characters. */
const unescaped = (raw) =>
  decode(raw.replace(ASTRAL, (_, hex, digits) => String.fromCodePoint(hex ? parseInt(hex, 16) : digits)))
    .replace(/_x([\da-f]{4})_/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));

function readWorkbook(parts) {
  const targets = new Map();
  const sheets = [];
  let isMac = false;
  parse(parts.get('xl/_rels/workbook.xml.rels'), ['Relationship'], ({ attributes: { Id, Target = '' } }) =>
    targets.set(Id, Target.replace(/^\/?(?:xl\/)?/, 'xl/').toLowerCase()));
  parse(parts.get('xl/workbook.xml'), ['workbookPr', 'sheet'], ({ name, attributes }) => {
    if (name === 'workbookPr') isMac = /^(?:1|true)$/.test(attributes.date1904 ?? '');
    else if (!/hidden/i.test(attributes.state ?? ''))
      sheets.push({ name: attributes.name, part: targets.get(attributes['r:id'] ?? attributes.id) });
  });
  return { sheets, isMac };
}

function readStrings(parts) {
  const strings = [];
  parse(parts.get('xl/sharedstrings.xml'), ['si'], ({ text }) => strings.push(text));
  return strings;
}

/** Whether each cell style shows a date: Excel stores days as numbers. */
function readDateStyles(parts) {
  const formats = new Set(DATE_FORMATS);
  const styles = [];
  parse(parts.get('xl/styles.xml'), ['numFmt', 'xf'], ({ name, attributes: { numFmtId, formatCode = '' } }, around) => {
    const code = formatCode.replace(/"[^"]*"|\\.|\[[^\]]*\]/g, '');
    if (name === 'numFmt' && /[dy]/i.test(code)) formats.add(Number(numFmtId));
    if (name === 'xf' && around.at(-1).name === 'cellXfs') styles.push(formats.has(Number(numFmtId)));
  });
  return styles;
}

function readSheet(xml, strings, dateStyles, isMac, limit) {
  const records = [];
  let [line, at, cells, isFormula] = [0, -1, [], false];
  const valueOf = ({ t = 'n', s = 0 }, text) => {
    if (t === 'e' || (isFormula && text === '')) return null;
    if (t === 's') return strings[Number(text)] ?? null;
    if (t === 'd') return text.slice(0, 10);
    if (t !== 'n' || text === '') return text;
    return dateStyles[Number(s)] ? dayOf(Number(text), isMac) : Number(Number(text).toPrecision(15));
  };
  parse(xml, ['row', 'c', 'f'], ({ name, attributes, text }, around) => {
    if (name === 'f') isFormula = true;
    else if (name === 'c') {
      const value = valueOf(attributes, text);
      isFormula = false;
      at = columnOf(attributes.r ?? '') ?? at + 1;
      if (value === '') return;
      if (at >= MAX_COLUMNS) throw new FileUnusable('file.columns', { line: Number(around.at(-1).attributes.r) || line + 1, limit: MAX_COLUMNS });
      while (cells.length < at) cells.push('');
      cells[at] = value;
    } else {
      line = Number(attributes.r) || line + 1;
      if (cells.length > 0) records.push({ line, cells });
      if (records.length > limit) throw new FileUnusable('file.rows', { limit });
      [at, cells] = [-1, []];
    }
  });
  if (records.length === 0) throw new FileUnusable('file.empty');
  return records;
}

/** `AB12` is in column 27, from 0. */
function columnOf(place) {
  const [letters] = /^[A-Z]{1,3}/i.exec(place) ?? [];
  return letters && [...letters.toUpperCase()].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}
