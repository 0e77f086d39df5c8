/** What is done with many rows: one preview before, one entry in the history, one undo. */

import { getSummary, newId } from './api.js';
import { reversalOf, runBatch } from './batches.js';
import { exportRows, rowsOf } from './export.js';
import { count } from './fields.js';
import { keep, recall } from './memory.js';
import { ask, toast } from './notices.js';
import { OWN, sentence } from './parts.js';
import { html } from './view.js';
import { t } from './view_texts.js';

const SHOWN = 5;
/** Longer addresses are cut by mail programs. */
const MOST_LETTERS = 1800;
const UNDO_SECONDS = 30;
const UNDO = 'deshacer';

/** The rows, once the person has seen the first of them and agreed; `data` is what they filled in. */
async function agreeOn(chosen, key, look, content) {
  const rows = await rowsOf(chosen);
  if (!rows) return null;
  const title = t(key, { n: rows.length, count: count(rows.length) });
  const { answer, data } = ask(
    title,
    html`
      ${content}
      <ul>${rows.slice(0, SHOWN).map(({ nombre, posicion }) => html`<li><bdi ...${OWN}>${nombre}</bdi> · <bdi ...${OWN}>${posicion}</bdi></li>`)}</ul>
      ${rows.length > SHOWN && html`<p>${t('bulk.more', { n: count(rows.length - SHOWN) })}</p>`}`,
    html`<button class=${look} value="yes">${title}</button><button formnovalidate>${t('cancel')}</button>`,
  );
  return (await answer) === 'yes' ? { rows, data } : null;
}

export async function changePosition(chosen) {
  const positions = await getSummary().catch(() => []);
  const agreed = await agreeOn(chosen, 'bulk.position', 'primary', html`
    <label class="field">${t('bulk.newPosition')}<input name="posicion" list="posiciones" required maxlength="80" dir="auto" autocomplete="off" /></label>
    <datalist id="posiciones">${positions.map(({ posicion }) => html`<option value=${posicion} />`)}</datalist>`);
  if (!agreed) return false;
  const posicion = agreed.data().get('posicion').trim();
  const changing = agreed.rows.filter((row) => row.posicion !== posicion);
  await run({ origin: 'cambio', operations: changing.map(({ id, version }) => ({ list: 'actualizar', body: { id, version, cambios: { posicion } } })) });
  return true;
}

export async function remove(chosen) {
  const agreed = await agreeOn(chosen, 'bulk.delete', 'danger');
  if (!agreed) return false;
  await run({ origin: 'eliminacion', operations: agreed.rows.map(({ id, version }) => ({ list: 'eliminar', body: { id, version } })) });
  return true;
}

export const exportPicked = exportRows;

/** Opens the mail program, or where that takes fewer addresses, copies them. */
export async function writeTo(chosen) {
  const rows = await rowsOf(chosen);
  const addresses = (rows ?? []).map(({ email }) => email).join(',');
  if (addresses.length > MOST_LETTERS && navigator.clipboard) {
    await navigator.clipboard.writeText(addresses);
    toast(t('bulk.copied', { n: rows.length, count: count(rows.length) }));
  } else if (rows) location.href = `mailto:?bcc=${encodeURIComponent(addresses)}`;
}

/** A step that fails is sent again when the person wants to go on. @returns whether all was sent */
async function run({ id = newId(), origin, operations }) {
  const isUndo = origin === UNDO;
  const batch = { id, origin, operations, answers: [], isMailed: !isUndo };
  const numbersOf = () => ({ done: count(batch.answers.length), all: count(operations.length) });
  let progress;
  const show = () => {
    progress?.close();
    if (batch.state === 'running') progress = toast(t('bulk.running', numbersOf()), { kind: 'waiting', seconds: Infinity });
  };
  await runBatch(batch, 'running', show);
  while (batch.state === 'paused') {
    const { answer, close } = ask(
      t('bulk.interrupted', numbersOf()),
      html`<p>${sentence(batch.error)}</p>`,
      html`<button class="primary" value="on">${t('import.goOn')}</button><button>${t('import.stop')}</button>`,
    );
    addEventListener('online', () => close('on'), { once: true });
    const isGoingOn = (await answer) === 'on';
    await runBatch(batch, isGoingOn ? 'running' : 'stopping', show);
    if (!isGoingOn) break; // the server closes it by itself later
  }
  const done = batch.answers.filter(({ estado }) => estado < 400).length;
  const numbers = {
    [isUndo ? 'batch.undone' : 'bulk.done']: done,
    'bulk.left': batch.answers.length - done,
    'bulk.unsent': operations.length - batch.answers.length,
  };
  const said = Object.entries(numbers).filter(([key, n], at) => at === 0 || n > 0).map(([key, n]) => t(key, { n, count: count(n) }));
  const undo = done > 0 && !isUndo && { seconds: UNDO_SECONDS, action: { label: t('undo'), run: () => undoBatch(id) } };
  toast(said.join(' '), undo || {});
  return batch.answers.length === operations.length;
}

/** Undo what a batch did. After a failure, or a reload, what was undone before counts: it is the same batch again. */
export async function undoBatch(lote) {
  const id = recall(`undo ${lote}`) ?? newId();
  keep(`undo ${lote}`, id);
  try {
    return await run({ id, origin: UNDO, operations: await reversalOf(lote) });
  } catch (error) {
    toast(sentence(error), { kind: 'error' });
    return false;
  }
}
