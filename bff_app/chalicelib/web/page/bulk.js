/** What is done with many rows: one preview before, one entry in the history, one undo. */

import './view_texts.js';
import { undoAndTell } from './activity.js';
import { readAllRows } from './all_rows.js';
import { getSummary, rowsChanged } from './api.js';
import { MOST_OPERATIONS, closeBatch, newBatchId, sendOperations } from './batches.js';
import { ask } from './dialog.js';
import { exportRows } from './export.js';
import { count } from './format.js';
import { OWN } from './parts.js';
import { filtersOf, orderOf } from './rows.js';
import { sentence } from './states.js';
import { t } from './texts.js';
import { toast } from './toast.js';
import { html } from './view.js';

const SHOWN = 5;
/** Longer addresses are cut by mail programs. */
const MOST_LETTERS = 1800;
const UNDO_SECONDS = 30;

/** The rows chosen, or all that the filters of an address find; see `readAllRows`. */
const rowsOf = async (chosen) =>
  Array.isArray(chosen) ? chosen : readAllRows({ ...filtersOf(chosen), orden: orderOf(chosen) });

const preview = (rows) => html`
  <ul>${rows.slice(0, SHOWN).map(({ nombre, posicion }) => html`<li><bdi ...${OWN}>${nombre}</bdi> · <bdi ...${OWN}>${posicion}</bdi></li>`)}</ul>
  ${rows.length > SHOWN && html`<p>${t('bulk.more', { n: count(rows.length - SHOWN) })}</p>`}`;

export async function changePosition(chosen) {
  const rows = await rowsOf(chosen);
  if (!rows) return false;
  const positions = await getSummary().catch(() => []);
  const title = t('bulk.position', { n: rows.length, count: count(rows.length) });
  const { answer, data } = ask(
    title,
    html`
      <label class="field">${t('bulk.newPosition')}<input name="posicion" list="posiciones" required maxlength="80" dir="auto" autocomplete="off" /></label>
      <datalist id="posiciones">${positions.map(({ posicion }) => html`<option value=${posicion} />`)}</datalist>
      ${preview(rows)}`,
    html`<button class="primary" value="yes">${title}</button><button formnovalidate>${t('cancel')}</button>`,
  );
  if ((await answer) !== 'yes') return false;
  const posicion = data().get('posicion').trim();
  const changing = rows.filter((row) => row.posicion !== posicion);
  return run('cambio', changing.map(({ id, version }) => ({ list: 'actualizar', body: { id, version, cambios: { posicion } } })));
}

export async function remove(chosen) {
  const rows = await rowsOf(chosen);
  if (!rows) return false;
  const title = t('bulk.delete', { n: rows.length, count: count(rows.length) });
  const buttons = html`<button class="danger" value="yes">${title}</button><button>${t('cancel')}</button>`;
  if ((await ask(title, preview(rows), buttons).answer) !== 'yes') return false;
  return run('eliminacion', rows.map(({ id, version }) => ({ list: 'eliminar', body: { id, version } })));
}

export async function exportPicked(chosen) {
  const rows = await rowsOf(chosen);
  if (rows) await exportRows(rows);
}

/** Opens the mail program, or where that takes fewer addresses, copies them. */
export async function writeTo(chosen) {
  const rows = await rowsOf(chosen);
  const addresses = (rows ?? []).map(({ email }) => email).join(',');
  if (addresses.length > MOST_LETTERS) {
    await navigator.clipboard.writeText(addresses);
    toast(t('bulk.copied', { n: rows.length, count: count(rows.length) }));
  } else if (rows) location.href = `mailto:?bcc=${encodeURIComponent(addresses)}`;
}

/** Send the operations in steps. A step that fails is sent again when the person wants to go on, and takes effect once. */
async function run(origin, operations) {
  const id = newBatchId();
  const answers = [];
  while (answers.length < operations.length) {
    const at = answers.length;
    const progress = toast(t('bulk.running', { done: count(at), all: count(operations.length) }), { kind: 'waiting', seconds: Infinity });
    try {
      answers.push(...(await sendOperations({ id, origin, key: `${id}-${at}` }, operations.slice(at, at + MOST_OPERATIONS))));
    } catch (error) {
      const { answer } = ask(
        t('bulk.interrupted', { done: count(at), all: count(operations.length) }),
        html`<p>${sentence(error)}</p>`,
        html`<button class="primary" value="on">${t('bulk.goOn')}</button><button>${t('bulk.stop')}</button>`,
      );
      if ((await answer) !== 'on') break;
    } finally {
      progress.close();
    }
  }
  await closeBatch(id, true).catch(() => undefined); // the server closes it by itself later
  const done = answers.filter(({ estado }) => estado < 400).length;
  const left = operations.length - done;
  toast(t('bulk.done', { n: done, count: count(done) }) + (left > 0 ? ` ${t('bulk.left', { n: left, count: count(left) })}` : ''), {
    seconds: UNDO_SECONDS,
    action: done > 0 ? { label: t('undo'), run: () => undoAndTell(id) } : undefined,
  });
  rowsChanged();
  return true;
}
