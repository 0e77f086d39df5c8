/** All that a list's filters find, not only the page on the screen. */

import { everyEmployeePage } from './api.js';
import { label, show, visibleFields } from './fields.js';
import { count, dateTime } from './format.js';
import { PlainTable } from './parts.js';
import { sentence } from './states.js';
import { t } from './texts.js';
import { toast } from './toast.js';
import { html, render } from './view.js';

/** Null: the person gave up, or it failed and a notice says so. */
export async function readAllRows(query) {
  const life = new AbortController();
  const action = { label: t('cancel'), run: () => life.abort() };
  const waiting = toast(t('reading'), { kind: 'waiting', seconds: Infinity, action });
  const rows = [];
  try {
    for await (const page of everyEmployeePage(query, life.signal)) rows.push(...page);
    return rows;
  } catch (error) {
    if (!life.signal.aborted) toast(`${t('reading.failed')} ${sentence(error)}`, { kind: 'error' });
    return null;
  } finally {
    waiting.close();
  }
}

export async function printEmployees(query) {
  const rows = await readAllRows(query);
  if (!rows) return;
  const sheet = document.createElement('div');
  sheet.className = 'sheet';
  const fields = visibleFields();
  const cells = rows.map((row) => fields.map(({ name, kind }) => show({ kind }, row[name])));
  const columns = fields.map((field) => ({ title: label(field), isNumber: field.kind === 'money' }));
  render(
    html`
      <h1>${t('view.empleados')}</h1>
      <p>${[query.q && `«${query.q}»`, query.posicion, t('list.total', { n: rows.length, total: count(rows.length) }), dateTime(new Date())].filter(Boolean).join(' · ')}</p>
      <${PlainTable} label=${t('view.empleados')} columns=${columns} rows=${cells} />`,
    sheet,
  );
  document.body.append(sheet);
  addEventListener('afterprint', () => sheet.remove(), { once: true });
  print();
}
