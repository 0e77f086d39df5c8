/** Downloads that spreadsheets of the person's language open directly, and that the import can read. */

import './view_texts.js';
import { readAllRows } from './all_rows.js';
import { writeCsv } from './csv.js';
import { ask } from './dialog.js';
import { visibleFields, write } from './fields.js';
import { count, today } from './format.js';
import { currentLanguage } from './preferences.js';
import { t } from './texts.js';
import { toast } from './toast.js';
import { html } from './view.js';

/** The employee's number: with it, an import finds the same person again. */
const NUMBER = { name: 'id', kind: 'number' };
const TYPES = {
  csv: 'text/csv;charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

/** `csv` or `xlsx`. A spreadsheet whose decimal sign is a comma separates the cells of CSV by semicolons. */
export async function renderTable(form, columns, rows) {
  const headings = columns.map(({ name }) => name);
  if (form === 'csv') {
    const texts = rows.map((values) => values.map((value, at) => write(columns[at], value)));
    return writeCsv([headings, ...texts], currentLanguage() === 'es' ? ';' : ',');
  }
  const { writeXlsx } = await import('./xlsx_write.js');
  return writeXlsx(t('export.sheet'), columns.map(({ kind }) => kind), [headings, ...rows]);
}

export async function downloadTable(form, name, columns, rows) {
  const content = await renderTable(form, columns, rows);
  const address = URL.createObjectURL(new Blob([content], { type: TYPES[form] }));
  Object.assign(document.createElement('a'), { href: address, download: `${name}.${form}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** Save all that the list's filters find. */
export async function exportEmployees(query) {
  const form = await askForm();
  const rows = form && (await readAllRows(query));
  if (rows) await save(form, rows);
}

/** Save these. */
export async function exportRows(rows) {
  const form = await askForm();
  if (form) await save(form, rows);
}

const askForm = () =>
  ask(t('export.title'), html`<p>${t('export.text')}</p>`, html`
    <button class="primary" value="xlsx">${t('export.xlsx')}</button>
    <button value="csv">${t('export.csv')}</button>
    <button value="">${t('cancel')}</button>`).answer;

async function save(form, rows) {
  const columns = [NUMBER, ...visibleFields()];
  await downloadTable(form, `empleados-${today()}`, columns, rows.map((row) => columns.map(({ name }) => row[name])));
  toast(t('export.done', { n: rows.length, count: count(rows.length) }));
}
