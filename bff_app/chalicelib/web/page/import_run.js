/** Writes the rows of a file. What is left is kept in this browser, so that it goes on after the tab was closed. */

import { rowsChanged } from './api.js';
import { closeBatch, sendBatch } from './batches.js';
import { ApiError } from './http.js';
import { currentSession } from './session.js';

/** session.js deletes it when the person signs out: it holds salaries. */
const STORE = 'importaciones';
const LIFE_MS = 86_400_000;

/** Without storage an import runs all the same. */
const use = async (act) => {
  try {
    return await act(await caches.open(STORE), `/importacion?${new URLSearchParams({ de: currentSession()?.usuario })}`);
  } catch {
    return undefined;
  }
};

const drop = () => use((store, place) => store.delete(place));

const keep = (run) =>
  use((store, place) => store.put(place, new Response(JSON.stringify({ ...run, keptAt: Date.now() }))));

/** This person's unfinished import, for a day. */
export async function loadRun() {
  const run = await use(async (store, place) => (await store.match(place))?.json());
  if (run && Date.now() - run.keptAt < LIFE_MS) return run;
  await drop();
  return null;
}

/**
 * Begin, go on after a pause, or with the state `stopping` end it: the rest stays unwritten. Two tabs do no harm: they
 * send the same steps under the same keys.
 *
 * @param run a batch, with the file's `name`, the lines that were `rejected`, and whether it `isMailed`
 * @param show called at every step
 */
export async function work(run, state, show) {
  const change = (next, error = null) => {
    Object.assign(run, { state: next, error });
    show();
  };
  change(state);
  try {
    await sendBatch(run, async () => {
      await keep(run);
      show();
      return run.state === 'running';
    });
    if (run.answers.length > 0) await closeBatch(run.id, run.isMailed);
    await drop();
    change('over');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    change('paused', error);
  }
  rowsChanged();
}
