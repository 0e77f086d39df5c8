// @ts-check
/** How the system is: its parts, the queue, and the last e-mails. */

import { redraw } from './accessibility.js';
import { getHealth, getQueue, listMails, redrive } from './api.js';
import { answerButton, ask } from './dialog.js';
import { h, newId } from './element.js';
import { count, dateTime, duration } from './format.js';
import { button, icon, plainTable, tiles, viewHeading } from './parts.js';
import { address, go } from './router.js';
import { failure, sentence, skeleton } from './states.js';
import { t } from './texts.js';
import { mailState } from './timeline.js';
import { toast } from './toast.js';

/** @typedef {import('./timeline.js').Mail} Mail */

const REFRESH_MS = 5000;
const STATES = ['pendiente', 'enviando', 'incierto', 'enviado', 'entregado', 'rebotado', 'queja', 'fallido'];

/** @param {HTMLElement} root @param {import('./router.js').Route} route @param {AbortSignal} signal */
export function mount(root, route, signal) {
  const state = route.query.get('estado') ?? '';
  const health = section('operations.health', 3);
  const queue = section('operations.queue', 3);
  const mails = section('operations.mails', 6, stateFilter(state));
  const automatic = h('input', { type: 'checkbox', checked: true });
  root.replaceChildren(
    viewHeading(
      t('view.operacion'),
      h('label', { class: 'check' }, automatic, t('operations.automatic')),
      button(t('refresh'), refresh, { picture: 'refresh' }),
    ),
    h('div', { class: 'operations' }, health.element, queue.element, mails.element),
  );
  const timer = setInterval(() => automatic.checked && document.visibilityState === 'visible' && refresh(), REFRESH_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
  refresh();

  function refresh() {
    fill(health, async () => healthList(await getHealth(signal)));
    fill(queue, async () => queueState(await getQueue(signal), refresh));
    fill(mails, async () => mailTable((await listMails(state ? { estado: state } : {}, signal)).rows));
  }

  /** @param {ReturnType<typeof section>} part @param {() => Promise<HTMLElement>} make */
  async function fill(part, make) {
    try {
      part.show(await make());
    } catch (error) {
      if (!signal.aborted) part.show(failure(/** @type {any} */ (error), refresh));
    }
  }
}

/** @param {string} title @param {number} lines @param {...HTMLElement} controls */
function section(title, lines, ...controls) {
  const heading = h('h2', { id: newId() }, t(title));
  const body = h('div', {}, skeleton(lines));
  const element = h(
    'section',
    { class: 'card', 'aria-labelledby': heading.id },
    h('div', { class: 'section-heading' }, heading, ...controls),
    body,
  );
  /** An automatic refresh must not make a screen reader repeat what it has just said. @param {HTMLElement} content */
  const show = (content) => {
    if (!body.contains(document.activeElement) || body.textContent !== content.textContent) redraw(body, content);
  };
  return { element, show };
}

/** @param {import('./api.js').Parts} parts */
function healthList(parts) {
  const all = Object.entries({ bff: { estado: 'ok', http: 200, ms: null }, ...parts });
  const line = (/** @type {[string, import('./api.js').Parts[string]]} */ [name, { estado, http, ms }]) => {
    const isWell = estado === 'ok';
    const words = isWell ? t('operations.well') : t('operations.unwell', { status: http ?? t('operations.noAnswer') });
    return h(
      'li',
      { class: isWell ? 'good' : 'bad' },
      icon(isWell ? 'check' : 'warning'),
      h('span', { class: 'part-name' }, t(`part.${name}`)),
      h('span', {}, words, ms !== null && h('span', { class: 'muted' }, ` · ${ms} ms`)),
    );
  };
  return h('ul', { class: 'parts' }, ...all.map((part) => line(/** @type {any} */ (part))));
}

/** @param {import('./api.js').Queues} state @param {() => void} refresh */
function queueState({ cola, fallidos }, refresh) {
  const n = fallidos.visibles;
  const redriveButton = button(t('operations.redrive'), () => confirmRedrive(n, refresh), {
    class: 'primary',
    'data-focus': 'redrive',
    picture: 'undo',
  });
  return h(
    'div',
    {},
    tiles(
      [t('operations.waiting'), count(cola.visibles)],
      [t('operations.inFlight'), count(cola.en_proceso)],
      [t('operations.oldest'), cola.edad_maxima === null ? '—' : duration(cola.edad_maxima)],
      [t('operations.dead'), count(n)],
    ),
    n > 0 &&
      h('div', { class: 'message warn redrive' }, h('p', {}, t('operations.dead.text', { n })), redriveButton),
  );
}

/** @param {number} n messages @param {() => void} refresh */
async function confirmRedrive(n, refresh) {
  const { answer } = ask(
    t('operations.redrive'),
    [h('p', {}, t('operations.redrive.text', { n }))],
    [answerButton('yes', [t('operations.redrive.yes')], { class: 'primary' }), answerButton('', [t('cancel')])],
  );
  if ((await answer) !== 'yes') return;
  try {
    const { reenviados, quedan } = await redrive();
    toast(t('operations.redrive.done', { n: reenviados, left: quedan }));
  } catch (error) {
    toast(sentence(/** @type {any} */ (error)), { kind: 'error' });
  }
  refresh();
}

/** @param {string} chosen */
function stateFilter(chosen) {
  const select = h(
    'select',
    { 'aria-label': t('operations.filter'), 'data-focus': 'state' },
    h('option', { value: '' }, t('operations.everyState')),
    ...STATES.map((state) => h('option', { value: state, selected: state === chosen }, t(`mail.${state}`))),
  );
  select.addEventListener('change', () => go(address('operacion', select.value ? { estado: select.value } : {})));
  return h('div', { class: 'select-field' }, select);
}

/** @param {Mail[]} mails */
function mailTable(mails) {
  if (mails.length === 0) return h('p', { class: 'muted' }, t('operations.noMails'));
  const subject = (/** @type {Mail} */ { id, empleado, asunto }) => {
    if (!empleado) return asunto ?? t('erased');
    const href = address('empleados', {}, { kind: 'ver', id: String(empleado) });
    return h('a', { href, 'data-focus': `mail-${id}` }, asunto ?? t('erased'));
  };
  return plainTable(
    t('operations.mails'),
    ['when', 'to', 'subject', 'state'].map((name) => ({ title: t(`operations.${name}`) })),
    mails.map((mail) => [
      h('time', { datetime: mail.creado_en }, dateTime(mail.creado_en)),
      mail.destinatario ?? t('erased'),
      subject(mail),
      h('span', {}, mailState(mail.estado), mail.motivo && h('span', { class: 'muted' }, ' ', mail.motivo)),
    ]),
  ).element;
}
