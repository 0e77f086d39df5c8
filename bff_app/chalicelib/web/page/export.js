/** All that a list finds, on paper and in files that spreadsheets of the person's language open and the import reads. */

import { WHOLE, everyRow } from './api.js';
import { writeCsv } from './csv.js';
import { count, dateTime, label, show, today, visibleFields, write } from './fields.js';
import { ask, toast } from './notices.js';
import { PlainTable, sentence } from './parts.js';
import { currentLanguage } from './preferences.js';
import { filtersOf, orderOf } from './rows.js';
import { html, render } from './view.js';
import { t } from './view_texts.js';

/** The employee's number: with it, an import finds the same person again. */
const NUMBER = { name: 'id', kind: 'number' };
const TYPES = {
  csv: 'text/csv;charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
};

/** These rows, or all that the filters of an address find. Null: the person gave up, or it failed and a notice says so. */
export async function rowsOf(chosen) {
  if (Array.isArray(chosen)) return chosen;
  const life = new AbortController();
  const action = { label: t('cancel'), run: () => life.abort() };
  const waiting = toast(t('reading'), { kind: 'waiting', seconds: Infinity, action });
  try {
    return await everyRow('/empleados', { ...filtersOf(chosen), orden: orderOf(chosen), ...WHOLE }, life.signal);
  } catch (error) {
    if (!life.signal.aborted) toast(`${t('reading.failed')} ${sentence(error)}`, { kind: 'error' });
    return null;
  } finally {
    waiting.close();
  }
}

export async function printRows(query) {
  const rows = await rowsOf(query);
  if (!rows) return;
  const sheet = document.createElement('div');
  sheet.className = 'sheet';
  const fields = visibleFields();
  const cells = rows.map((row) => fields.map(({ name, kind }) => show({ kind }, row[name])));
  const columns = fields.map((field) => ({ title: label(field), isNumber: field.kind === 'money' }));
  const total = t('list.total', { n: rows.length, total: count(rows.length) });
  const facts = [query.get('q') && `«${query.get('q')}»`, query.get('posicion'), total, dateTime(new Date())];
  render(
    html`
      <h1>${t('view.empleados')}</h1>
      <p>${facts.filter(Boolean).join(' · ')}</p>
      <${PlainTable} label=${t('view.empleados')} columns=${columns} rows=${cells} />`,
    sheet,
  );
  document.body.append(sheet);
  addEventListener('afterprint', () => sheet.remove(), { once: true });
  print();
}

/** `csv` or `xlsx`. A spreadsheet whose decimal sign is a comma separates the cells of CSV by semicolons. */
export async function renderTable(form, columns, rows) {
  const headings = columns.map(({ name }) => name);
  if (form === 'csv') {
    const texts = rows.map((values) => values.map((value, at) => write(columns[at], value)));
    return writeCsv([headings, ...texts], currentLanguage() === 'es' ? ';' : ',');
  }
  const { writeXlsx } = await import('./xlsx_write.js');
  return writeXlsx(t('view.empleados'), columns.map(({ kind }) => kind), [headings, ...rows]);
}

export async function downloadTable(form, name, columns, rows) {
  const content = await renderTable(form, columns, rows);
  const address = URL.createObjectURL(new Blob([content], { type: TYPES[form] }));
  Object.assign(document.createElement('a'), { href: address, download: `${name}.${form}` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

export async function exportRows(chosen) {
  const form = await ask(t('list.export'), html`<p>${t('export.text')}</p>`, html`
    <button class="primary" value="xlsx">${t('export.xlsx')}</button>
    <button value="csv">${t('export.csv')}</button>
    <button value="">${t('cancel')}</button>`).answer;
  const rows = form && (await rowsOf(chosen));
  if (!rows) return;
  const columns = [NUMBER, ...visibleFields()];
  await downloadTable(form, `empleados-${today()}`, columns, rows.map((row) => columns.map(({ name }) => row[name])));
  toast(t('export.done', { n: rows.length, count: count(rows.length) }));
}
