// @ts-check
/** How the system is: its parts, the queue, and the last e-mails. */

import { redraw } from './accessibility.js';
import { getHealth, getQueue, listMails, redrive } from './api.js';
import { h, newId } from './element.js';
import { count, dateTime, duration } from './format.js';
import { icon } from './icons.js';
import { address, go } from './router.js';
import { failure, sentence, skeleton } from './states.js';
import { t } from './texts.js';
import { mailState } from './timeline.js';
import { toast } from './toast.js';

/** @typedef {import('./timeline.js').Mail} Mail */

const REFRESH_MS = 5000;
const STATES = ['pendiente', 'enviando', 'incierto', 'enviado', 'entregado', 'rebotado', 'queja', 'fallido'];

/**
 * @param {HTMLElement} root
 * @param {import('./router.js').Route} route
 * @param {AbortSignal} signal
 */
export function mount(root, route, signal) {
  const health = section('operations.health', 3);
  const queue = section('operations.queue', 3);
  const mails = section('operations.mails', 6);
  const automatic = h('input', { type: 'checkbox', checked: true });
  const state = route.query.get('estado') ?? '';
  root.replaceChildren(
    h(
      'header',
      { class: 'view-heading' },
      h('h1', { tabindex: '-1' }, t('view.operacion')),
      h(
        'div',
        { class: 'actions' },
        h('label', { class: 'check' }, automatic, t('operations.automatic')),
        h('button', { type: 'button', onclick: refresh }, icon('refresh'), t('refresh')),
      ),
    ),
    h('div', { class: 'operations' }, health.element, queue.element, mails.element),
  );
  mails.head.append(stateFilter(state));

  const timer = setInterval(() => automatic.checked && document.visibilityState === 'visible' && refresh(), REFRESH_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
  refresh();

  function refresh() {
    fill(health, async () => healthList(await getHealth(signal)));
    fill(queue, async () => queueList(await getQueue(signal), refresh));
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

/** @param {string} title @param {number} lines */
function section(title, lines) {
  const heading = h('h2', { id: newId() }, t(title));
  const head = h('div', { class: 'section-heading' }, heading);
  const body = h('div', {}, skeleton(lines));
  const element = h('section', { class: 'card', 'aria-labelledby': heading.id }, head, body);
  /** An automatic refresh must not make a screen reader say anew what it has just said. @param {HTMLElement} content */
  const show = (content) => {
    if (!body.contains(document.activeElement) || body.textContent !== content.textContent) redraw(body, content);
  };
  return { element, head, show };
}

/** @param {import('./api.js').Parts} parts */
function healthList(parts) {
  const all = Object.entries({ bff: { estado: 'ok', http: 200, ms: null }, ...parts });
  return h(
    'ul',
    { class: 'parts' },
    ...all.map(([name, part]) => {
      const isWell = part.estado === 'ok';
      return h(
        'li',
        { class: isWell ? 'good' : 'bad' },
        icon(isWell ? 'check' : 'warning'),
        h('span', { class: 'part-name' }, t(`part.${name}`)),
        h(
          'span',
          {},
          isWell ? t('operations.well') : t('operations.unwell', { status: part.http ?? t('operations.noAnswer') }),
          part.ms !== null && h('span', { class: 'muted' }, ` · ${part.ms} ms`),
        ),
      );
    }),
  );
}

/** @param {import('./api.js').Queues} state @param {() => void} refresh */
function queueList(state, refresh) {
  const { cola, fallidos } = state;
  const line = (/** @type {string} */ label, /** @type {any} */ value) =>
    h('div', { class: 'tile' }, h('dt', {}, t(label)), h('dd', {}, value));
  return h(
    'div',
    {},
    h(
      'dl',
      { class: 'tiles' },
      line('operations.waiting', count(cola.visibles)),
      line('operations.inFlight', count(cola.en_proceso)),
      line('operations.oldest', cola.edad_maxima === null ? '—' : duration(cola.edad_maxima)),
      line('operations.dead', count(fallidos.visibles)),
    ),
    fallidos.visibles > 0 &&
      h(
        'div',
        { class: 'message warn redrive' },
        h('p', {}, t('operations.dead.text', { n: fallidos.visibles })),
        h(
          'button',
          {
            type: 'button',
            class: 'primary',
            'data-focus': 'redrive',
            onclick: () => confirmRedrive(fallidos.visibles, refresh),
          },
          icon('undo'),
          t('operations.redrive'),
        ),
      ),
  );
}

/** @param {number} messages @param {() => void} refresh */
function confirmRedrive(messages, refresh) {
  const title = h('h2', { id: newId() }, t('operations.redrive'));
  const form = h(
    'form',
    { method: 'dialog' },
    title,
    h('p', {}, t('operations.redrive.text', { n: messages })),
    h(
      'div',
      { class: 'actions' },
      h('button', { class: 'primary', value: 'yes' }, t('operations.redrive.yes')),
      h('button', { value: '' }, t('cancel')),
    ),
  );
  const dialog = h('dialog', { 'aria-labelledby': title.id }, form);
  document.body.append(dialog);
  dialog.addEventListener('close', async () => {
    dialog.remove();
    if (dialog.returnValue !== 'yes') return;
    try {
      const { reenviados, quedan } = await redrive();
      toast(t('operations.redrive.done', { n: reenviados, left: quedan }));
    } catch (error) {
      toast(sentence(/** @type {any} */ (error)), { kind: 'error' });
    }
    refresh();
  });
  dialog.showModal();
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
  const row = (/** @type {Mail} */ mail) => {
    const subject = mail.asunto ?? t('erased');
    return h(
      'tr',
      {},
      h('td', {}, h('time', { datetime: mail.creado_en }, dateTime(mail.creado_en))),
      h('td', {}, mail.destinatario ?? t('erased')),
      h(
        'td',
        {},
        mail.empleado
          ? h(
              'a',
              {
                href: address('empleados', {}, { kind: 'ver', id: String(mail.empleado) }),
                'data-focus': `mail-${mail.id}`,
              },
              subject,
            )
          : subject,
      ),
      h('td', {}, mailState(mail.estado), mail.motivo && h('span', { class: 'muted' }, ' ', mail.motivo)),
    );
  };
  return h(
    'div',
    { class: 'table-scroll', tabindex: '0', role: 'group', 'data-focus': 'table', 'aria-label': t('operations.mails') },
    h(
      'table',
      { class: 'plain' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ...['operations.when', 'operations.to', 'operations.subject', 'operations.state'].map((key) =>
            h('th', { scope: 'col' }, t(key)),
          ),
        ),
      ),
      h('tbody', {}, ...mails.map(row)),
    ),
  );
}
