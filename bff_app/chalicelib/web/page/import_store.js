/** Keeps an import that runs in this browser, so that it goes on after the tab was closed. */

import { currentSession } from './session.js';

const STORE = 'importaciones';
/** After a day it is forgotten: it holds salaries. */
const LIFE_MS = 86_400_000;

function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(STORE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Without storage an import runs all the same. */
async function use(mode, act) {
  try {
    const database = await open();
    const request = act(database.transaction(STORE, mode).objectStore(STORE));
    const result = await new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    database.close();
    return result;
  } catch {
    return undefined;
  }
}

const owner = () => currentSession()?.usuario ?? '';

export const keepRun = (run) => use('readwrite', (store) => store.put({ ...run, keptAt: Date.now() }, owner()));
export const dropRun = () => use('readwrite', (store) => store.delete(owner()));

/** This person's unfinished import. */
export async function loadRun() {
  const run = await use('readonly', (store) => store.get(owner()));
  if (!run || Date.now() - run.keptAt < LIFE_MS) return run ?? null;
  await dropRun();
  return null;
}
