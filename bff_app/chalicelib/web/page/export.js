/** Saves all pages of the filtered list as a CSV that the import can read. */

import { everyEmployeePage } from './api.js';
import { downloadCsv } from './download.js';
import { visibleFields, write } from './fields.js';
import { count, today } from './format.js';
import { sentence } from './states.js';
import { t } from './texts.js';
import { toast } from './toast.js';

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
