/** Writes a table as an Excel workbook (ECMA-376): texts as texts, whatever they begin with. */

import { strToU8, zipSync } from './fflate.js';

const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
const OFFICE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006';
const TYPES = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
/** The styles of a cell, by their place in `styles.xml`. */
const STYLES = { text: 0, money: 1, date: 2, heading: 3, number: 4 };
/** Before it, Excel counts a 29 February that was none. */
const FIRST_DAY = '1900-03-01';
const DAY_MS = 86_400_000;
const COLUMN_WIDTH = 24;

const declared = (xml) => strToU8(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${xml}`);

/** Excel has no other control characters in XML than as `_x0008_`. */
const escaped = (text) => String(text)
  .replace(/_x[\da-f]{4}_/gi, (like) => `_x005F${like}`)
  .replace(/[\x00-\x08\x0b-\x1f\ufffe\uffff]/g, (sign) => `_x${sign.charCodeAt(0).toString(16).padStart(4, '0')}_`)
  .replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const serialOf = (day) => (Date.parse(`${day}T00:00:00Z`) - Date.UTC(1899, 11, 30)) / DAY_MS;

function cell(kind, value) {
  if (value === null || value === undefined || value === '') return '<c/>';
  if (typeof value === 'number') return `<c s="${STYLES[kind] ?? 0}"><v>${value}</v></c>`;
  if (kind === 'date' && value >= FIRST_DAY) return `<c s="${STYLES.date}"><v>${serialOf(value)}</v></c>`;
  const style = kind === 'heading' ? STYLES.heading : STYLES.text;
  return `<c t="inlineStr" s="${style}"><is><t xml:space="preserve">${escaped(value)}</t></is></c>`;
}

/** The bytes of a workbook with one sheet. `kinds` of the columns: those of fields, and `number`; headings come first. */
export function writeXlsx(title, kinds, [headings, ...rows]) {
  const row = (cells) => `<row>${cells.join('')}</row>`;
  const body = rows.map((values) => row(values.map((value, at) => cell(kinds[at], value))));
  body.unshift(row(headings.map((name) => cell('heading', name))));
  const font = (bold) => `<font>${bold}<sz val="11"/><name val="Calibri"/></font>`;
  const parts = {
    '[Content_Types].xml': `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${TYPES}.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="${TYPES}.styles+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${TYPES}.worksheet+xml"/></Types>`,
    '_rels/.rels': `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="${OFFICE}/styles" Target="styles.xml"/></Relationships>`,
    'xl/workbook.xml': `<workbook xmlns="${MAIN}" xmlns:r="${OFFICE}"><sheets><sheet name="${escaped(title)}" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/styles.xml': `<styleSheet xmlns="${MAIN}"><fonts count="2">${font('')}${font('<b/>')}</fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="5"><xf numFmtId="49" applyNumberFormat="1"/><xf numFmtId="4" applyNumberFormat="1"/><xf numFmtId="14" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/><xf/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`,
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="${MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols><col min="1" max="${headings.length}" width="${COLUMN_WIDTH}" customWidth="1"/></cols><sheetData>${body.join('')}</sheetData></worksheet>`,
  };
  return zipSync(Object.fromEntries(Object.entries(parts).map(([name, xml]) => [name, declared(xml)])));
}
