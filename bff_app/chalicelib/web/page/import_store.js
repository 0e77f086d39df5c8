/** Keeps an import that runs in this browser, so that it goes on after the tab was closed. */

import { currentSession } from './session.js';

/** session.js deletes it when the person signs out: it holds salaries. */
const STORE = 'importaciones';
const LIFE_MS = 86_400_000;

const settled = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

/** Without storage an import runs all the same. */
async function use(act) {
  try {
    const opening = indexedDB.open(STORE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    const database = await settled(opening);
    const result = await settled(act(database.transaction(STORE, 'readwrite').objectStore(STORE)));
    database.close();
    return result;
  } catch {
    return undefined;
  }
}

const owner = () => currentSession()?.usuario ?? '';

export const keepRun = (run) => use((store) => store.put({ ...run, keptAt: Date.now() }, owner()));
export const dropRun = () => use((store) => store.delete(owner()));

/** This person's unfinished import, for a day. */
export async function loadRun() {
  const run = await use((store) => store.get(owner()));
  if (run && Date.now() - run.keptAt > LIFE_MS) await dropRun();
  return run && Date.now() - run.keptAt <= LIFE_MS ? run : null;
}
