/** Preact and htm, and the hooks that views share. `make install` puts both libraries beside this file. */

import { changes } from './api.js';
import { useId, useLayoutEffect, useRef, useState } from './hooks.js';
import htm from './htm.js';
import { ApiError } from './http.js';
import { Fragment, h, render } from './preact.js';

export { Fragment, render, useId, useLayoutEffect, useRef, useState };

/** Markup with values: data becomes text or the value of an attribute, never markup. */
export const html = htm.bind(h);

export function useEvent(target, name, handler) {
  const latest = useRef(handler);
  latest.current = handler;
  useLayoutEffect(() => {
    const life = new AbortController();
    target.addEventListener(name, (event) => latest.current(event), life);
    return () => life.abort();
  }, [target, name]);
}

/** Draw this component again at each `change` of a store. */
export function useChanges(store) {
  const [count, setCount] = useState(0);
  useEvent(store, 'change', () => setCount(count + 1));
}

/** A tab that regains the focus asks again for what is older than this. */
const FRESH_MS = 3000;

/**
 * Load something now, when an input changes, when this page wrote rows, and when the tab regains the focus. What was
 * loaded before stays meanwhile.
 */
export function useResource(load, inputs) {
  const [state, setState] = useState({ data: undefined, error: null, isBusy: true });
  const [turn, setTurn] = useState(0);
  const last = useRef({ at: 0, isQuiet: false });
  const reload = () => setTurn((before) => before + 1);
  useEvent(changes, 'change', reload);
  useEvent(window, 'focus', () => {
    if (performance.now() - last.current.at < FRESH_MS) return;
    last.current.isQuiet = true; // nothing was asked for: a failure changes nothing
    reload();
  });
  useLayoutEffect(() => {
    const life = new AbortController();
    const { signal } = life;
    const { isQuiet } = last.current;
    last.current = { at: performance.now(), isQuiet: false };
    setState((before) => ({ ...before, isBusy: true }));
    load(signal).then(
      (data) => signal.aborted || setState({ data, error: null, isBusy: false }),
      (error) => {
        if (signal.aborted) return;
        if (!(error instanceof ApiError)) throw error;
        setState((before) => ({ ...before, error: isQuiet && before.data ? before.error : error, isBusy: false }));
      },
    );
    return () => life.abort();
  }, [...inputs, turn]);
  return { ...state, reload };
}

/** The pages of a list so far, as one resource of `{ rows, hasMore }`. `ask` gets a page by its cursor, `more` the next one. */
export function usePages(ask, key) {
  const kept = useRef([]);
  const [wanted, setWanted] = useState(1);
  const resource = useResource(async (signal) => {
    const isMore = kept.current.key === key && kept.current.length < wanted;
    const pages = isMore ? [...kept.current] : []; // one page more, or all again
    while (pages.length < wanted && pages.at(-1)?.next !== null) pages.push(await ask(pages.at(-1)?.next ?? '', signal));
    kept.current = Object.assign(pages, { key });
    return { rows: pages.flatMap(({ rows }) => rows), hasMore: pages.at(-1).next !== null };
  }, [wanted, key]);
  return { resource, more: () => setWanted(wanted + 1) };
}
