/** Downloads in the form that spreadsheets of the person's language open directly, and that the import can read. */

import { everyEmployeePage } from './api.js';
import { writeCsv } from './csv.js';
import { visibleFields, write } from './fields.js';
import { count, today } from './format.js';
import { currentLanguage } from './preferences.js';
import { sentence } from './states.js';
import { t } from './texts.js';
import { toast } from './toast.js';

/** A spreadsheet whose decimal sign is a comma separates cells by semicolons. */
const separator = () => (currentLanguage() === 'es' ? ';' : ',');

/** @param {string} name without its ending @param {string[][]} rows the headings first */
export function downloadCsv(name, rows) {
  const address = URL.createObjectURL(new Blob([writeCsv(rows, separator())], { type: 'text/csv;charset=utf-8' }));
  Object.assign(document.createElement('a'), { href: address, download: `${name}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** Save all pages of the filtered list. */
export async function exportEmployees(query) {
  const stopping = new AbortController();
  const waiting = toast(t('export.running'), {
    kind: 'waiting',
    seconds: Infinity,
    action: { label: t('cancel'), run: () => stopping.abort() },
  });
  const fields = visibleFields();
  const rows = [fields.map(({ name }) => name)];
  try {
    for await (const page of everyEmployeePage(query, stopping.signal)) {
      rows.push(...page.map((row) => fields.map((field) => write(field, (row)[field.name]))));
    }
    downloadCsv(`empleados-${today()}`, rows);
    toast(t('export.done', { n: rows.length - 1, count: count(rows.length - 1) }));
  } catch (error) {
    if (!stopping.signal.aborted)
      toast(`${t('export.failed')} ${sentence(error)}`, { kind: 'error' });
  }
  waiting.close();
}
