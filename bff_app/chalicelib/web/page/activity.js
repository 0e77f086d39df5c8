// @ts-check
/** Everybody's history, newest first, day by day. */

import { redraw } from './accessibility.js';
import { everyEvent, listMails } from './api.js';
import { changes } from './changes.js';
import { h } from './element.js';
import { button, linkButton, viewHeading } from './parts.js';
import { address } from './router.js';
import { may } from './session.js';
import { attempt, empty, skeleton } from './states.js';
import { t } from './texts.js';
import { byEvent, dailyTimeline } from './timeline.js';

const MAILS = '200'; // the newest, enough for the events of the first pages

/** @param {HTMLElement} root @param {import('./router.js').Route} _route @param {AbortSignal} signal */
export async function mount(root, _route, signal) {
  const body = h('div', { class: 'activity' }, skeleton(10));
  const refresh = button(t('refresh'), start, { picture: 'refresh' });
  const more = button(t('activity.more'), load, { 'data-focus': 'more' });
  root.replaceChildren(viewHeading(t('view.actividad'), refresh), body);
  changes.addEventListener('change', start, { signal });
  /** @type {import('./timeline.js').DirectoryEvent[]} */
  let events = [];
  /** @type {Map<string, import('./timeline.js').Mail[]>} */
  let mails = new Map();
  let cursor = '';
  await start();

  async function start() {
    events = [];
    cursor = '';
    await load();
    if (!may('mails')) return;
    const page = await listMails({ limite: MAILS }, signal).catch(() => null);
    if (!page || signal.aborted) return; // the history stands without them
    mails = byEvent(page.rows);
    if (events.length > 0) draw();
  }

  function load() {
    return attempt(body, signal, async () => {
      const page = await everyEvent(cursor, signal);
      events.push(...page.rows);
      cursor = page.next ?? '';
      draw();
    });
  }

  function draw() {
    const end = cursor ? more : h('p', { class: 'muted' }, t('activity.end'));
    const list = linkButton(t('view.empleados'), address('empleados'));
    if (events.length > 0) redraw(body, ...dailyTimeline(events, mails), end);
    else redraw(body, empty(t('activity.empty.title'), t('activity.empty.text'), list));
  }
}
