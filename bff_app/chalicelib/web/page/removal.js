/** Deletes at once, with an undo: a deleted person is a leaver, who comes back with the same number and history. */

import { restoreLeaver, rowsChanged } from './api.js';
import { forget, keep, recall } from './memory.js';
import { tell, toast } from './notices.js';
import { sentence } from './parts.js';
import { request } from './session.js';
import { t } from './texts.js';

const UNDO_MS = 10_000;
const LAST = 'deleted';

/** What another tab or person did meanwhile is not undone: this version is deleted, no later one. */
export async function remove(row) {
  const name = row.nombre;
  const retry = () => remove(row);
  try {
    await request('DELETE', `/empleados/${row.id}`, { headers: { 'If-Match': `"${row.version}"` } });
    keep(LAST, { id: row.id, nombre: name, until: Date.now() + UNDO_MS });
    offerUndo();
  } catch (error) {
    if (error.kind === 'silence' && !navigator.onLine) {
      toast(t('removal.offline', { name }), { kind: 'waiting' });
      addEventListener('online', retry, { once: true });
    } else if (error.status === 404) toast(t('removal.alreadyGone', { name }));
    else if (error.status === 412) toast(t('removal.changed', { name }), { kind: 'error' });
    else toast(`${t('removal.failed', { name })} ${sentence(error)}`, { kind: 'error', action: { label: t('retry'), run: retry } });
  }
  rowsChanged();
}

/** For the last deletion of this tab, also after a reload. */
export function offerUndo() {
  const row = recall(LAST);
  const seconds = ((row?.until ?? 0) - Date.now()) / 1000;
  if (seconds <= 0) return;
  const undo = () => {
    forget(LAST);
    restore(row);
  };
  toast(t('removal.done', { name: row.nombre }), { seconds, action: { label: t('undo'), run: undo }, onEnd: () => forget(LAST) });
}

export async function restore({ id, nombre: name }) {
  const said = { gone: t('leaver.alreadyRestored', { name }), failed: t('leaver.failed', { name }) };
  await tell(() => restoreLeaver(id), t('leaver.restored', { name }), said);
  rowsChanged();
}
