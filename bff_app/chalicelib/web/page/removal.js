/**
 * Deletes with an undo. The server cannot undo a delete: the employee would come back with another id and without the
 * history, and HR would get two mails. So the request waits while the undo is shown.
 */

import { removeEmployee, rowsChanged } from './api.js';
import { sentence } from './states.js';
import { t } from './texts.js';
import { toast } from './toast.js';

const UNDO_SECONDS = 10;

/** Dispatches `change` when a row starts or stops waiting for its deletion. */
export const removals = new EventTarget();

const leaving = new Map();

export const isLeaving = (id) => leaving.has(id);

const notify = () => removals.dispatchEvent(new Event('change'));

export function removeSoon(row) {
  const notice = toast(t('removal.soon', { name: row.nombre }), {
    kind: 'waiting',
    seconds: UNDO_SECONDS,
    action: { label: t('undo'), run: () => keep(row.id) },
    onEnd: () => remove(row),
  });
  leaving.set(row.id, { row, toast: notice });
  notify();
}

export function keep(id) {
  leaving.get(id)?.toast.close();
  leaving.delete(id);
  notify();
}

/** Delete now what waits. */
export async function removeNow() {
  const rows = [...leaving.values()].map(({ row, toast: notice }) => {
    notice.close();
    return row;
  });
  const outcomes = await Promise.all(rows.map(remove));
  return outcomes.every(Boolean);
}

async function remove(row) {
  let isGone = true;
  try {
    await removeEmployee(row);
    toast(t('removal.done', { name: row.nombre }));
  } catch (error) {
    isGone = false;
    tellFailure(row, error);
  }
  leaving.delete(row.id);
  rowsChanged();
  return isGone;
}

function tellFailure(row, error) {
  const name = row.nombre;
  if (error.status === 404) toast(t('removal.alreadyGone', { name }));
  else if (error.status === 412) toast(t('removal.changed', { name }), { kind: 'error' });
  else
    toast(`${t('removal.failed', { name })} ${sentence(error)}`, {
      kind: 'error',
      action: { label: t('retry'), run: () => removeSoon(row) },
    });
}

/** Leaving the page confirms the pending deletions. */
addEventListener('pagehide', () => {
  for (const { row, toast: notice } of leaving.values()) {
    notice.close();
    removeEmployee(row, { keepalive: true }).catch(() => undefined);
  }
  leaving.clear();
});
