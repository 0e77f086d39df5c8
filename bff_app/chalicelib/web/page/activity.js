// @ts-check
/** Everybody's history, newest first, a day at a time. */

import { redraw } from './accessibility.js';
import { everyEvent, listMails } from './api.js';
import { changes } from './changes.js';
import { h } from './element.js';
import { icon } from './icons.js';
import { address } from './router.js';
import { may } from './session.js';
import { empty, failure, skeleton } from './states.js';
import { t } from './texts.js';
import { byEvent, dailyTimeline } from './timeline.js';

const MAILS = '200'; // the newest, enough for the events of the first pages

/**
 * @param {HTMLElement} root
 * @param {import('./router.js').Route} _route
 * @param {AbortSignal} signal
 */
export async function mount(root, _route, signal) {
  const body = h('div', { class: 'activity' });
  const refresh = h('button', { type: 'button', onclick: () => start() }, icon('refresh'), t('refresh'));
  const more = h('button', { type: 'button', 'data-focus': 'more', onclick: () => load() }, t('activity.more'));
  root.replaceChildren(
    h(
      'header',
      { class: 'view-heading' },
      h('h1', { tabindex: '-1' }, t('view.actividad')),
      h('div', { class: 'actions' }, refresh),
    ),
    body,
  );
  changes.addEventListener('change', () => start(), { signal });
  /** @type {import('./timeline.js').DirectoryEvent[]} */
  let events = [];
  /** @type {Map<string, import('./timeline.js').Mail[]>} */
  let mails = new Map();
  let cursor = '';
  await start();

  async function start() {
    events = [];
    cursor = '';
    if (body.childElementCount === 0) redraw(body, skeleton(10));
    await load();
    if (!may('mails')) return;
    const page = await listMails({ limite: MAILS }, signal).catch(() => null);
    if (!page || signal.aborted) return; // the history stands without them
    mails = byEvent(page.rows);
    if (events.length > 0) draw();
  }

  async function load() {
    try {
      const page = await everyEvent(cursor, signal);
      events.push(...page.rows);
      cursor = page.next ?? '';
      draw();
    } catch (error) {
      if (!signal.aborted) redraw(body, failure(/** @type {any} */ (error), load));
    }
  }

  function draw() {
    if (events.length === 0) {
      redraw(
        body,
        empty(
          t('activity.empty.title'),
          t('activity.empty.text'),
          h('a', { class: 'button', href: address('empleados') }, t('view.empleados')),
        ),
      );
      return;
    }
    redraw(
      body,
      ...dailyTimeline(events, mails),
      ...(cursor ? [more] : [h('p', { class: 'muted' }, t('activity.end'))]),
    );
  }
}
