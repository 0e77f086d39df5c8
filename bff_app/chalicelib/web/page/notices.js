/** What the page says and asks: notices at its foot, and dialogs that have to be answered before anything else. */

import { announce } from './focus.js';
import { ApiError } from './http.js';
import { Button, Icon, IconButton, sentence } from './parts.js';
import { t } from './texts.js';
import { html, render, useChanges, useLayoutEffect, useRef, useState } from './view.js';

const TICK_MS = 200;
const READING_SECONDS = 6;
const LOOKS = { done: ['check', 'good'], waiting: ['clock', ''], error: ['warning', 'bad'] };

const store = new EventTarget();
let notices = [];

function show(changed) {
  notices = changed;
  store.dispatchEvent(new Event('change'));
}

/** `seconds`: how long it stays; an error stays until closed. `onEnd` is called when time is over or it is closed. */
export function toast(text, { kind = 'done', seconds = kind === 'error' ? Infinity : READING_SECONDS, ...rest } = {}) {
  const notice = { text, kind, seconds, ...rest, close: () => show(notices.filter((other) => other !== notice)) };
  show([...notices, notice]);
  announce([text, notice.action?.label].filter(Boolean).join(' '));
  return notice;
}

/** One that ends by itself waits while the pointer or the keyboard is on it. */
export function Toasts() {
  useChanges(store);
  return html`
    <section class="toasts" aria-label=${t('app.notices')}>
      ${notices.map((notice) => html`<${Notice} key=${notice} ...${notice} />`)}
    </section>`;
}

function Notice({ text, kind, seconds, action, onEnd, close }) {
  const [left, setLeft] = useState(seconds);
  const box = useRef(null);
  /** What had the focus before. */
  const before = useRef(null);
  const remember = ({ relatedTarget }) => {
    if (!box.current.contains(relatedTarget)) before.current = relatedTarget;
  };
  const end = () => {
    close();
    onEnd?.();
  };
  const act = () => {
    close();
    action.run();
  };
  useLayoutEffect(() => {
    box.current.scrollIntoView({ block: 'nearest' });
    let last = performance.now();
    let rest = seconds;
    const tick = () => {
      // Browsers run the timers of background tabs once a minute: measure the time passed.
      const passed = (performance.now() - last) / 1000;
      last = performance.now();
      if (box.current.matches(':hover, :focus-within')) return;
      rest -= passed;
      setLeft(rest);
      if (rest <= 0) end();
    };
    const timer = Number.isFinite(seconds) ? setInterval(tick, TICK_MS) : undefined;
    return () => {
      clearInterval(timer);
      if (box.current.contains(document.activeElement)) before.current?.focus({ preventScroll: true });
    };
  }, []);
  const [icon, tone] = LOOKS[kind];
  return html`
    <div class=${`toast ${tone}`} ref=${box} onFocusIn=${remember}>
      <${Icon} name=${icon} />
      <p>${text}</p>
      ${action && html`<${Button} class="quiet" onClick=${act}>${action.label}<//>`}
      ${onEnd && html`<span class="muted" aria-hidden="true">${Math.max(0, Math.ceil(left))} s</span>`}
      <${IconButton} icon="close" label=${t('close')} onClick=${end} />
    </div>`;
}

/**
 * Do something, and say that it is done (`done`, a text or a function of the result) or why not: `gone` is what a 404 means,
 * `failed` stands before the reason. Returns whether it is done.
 */
export async function tell(work, done, { gone, failed } = {}) {
  try {
    const result = await work();
    toast(typeof done === 'function' ? done(result) : done);
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (gone && error.status === 404) toast(gone);
    else toast([failed, error.errors[0]?.mensaje ?? sentence(error)].filter(Boolean).join(' '), { kind: 'error' });
    return false;
  }
}

/** Each button closes the dialog with its value as the answer, which is empty when the person closed it without one. */
export function ask(title, content, actions) {
  const dialog = document.createElement('dialog');
  dialog.ariaLabel = title;
  const form = html`
    <form method="dialog">
      <h2 tabindex="-1" autofocus>${title}</h2>
      ${content}
      <div class="actions">${actions}</div>
    </form>`;
  render(form, dialog);
  document.body.append(dialog);
  dialog.showModal();
  return {
    close: (answer) => dialog.close(answer),
    data: () => new FormData(dialog.querySelector('form') ?? undefined),
    answer: new Promise((resolve) => {
      dialog.addEventListener('close', () => {
        dialog.remove();
        resolve(dialog.returnValue);
      });
    }),
  };
}

/** @returns whether the person presses the button that says `yes` */
export async function confirm(title, text, yes, kind = 'primary') {
  const buttons = html`<button class=${kind} value="yes">${yes}</button><button>${t('cancel')}</button>`;
  return (await ask(title, html`<p>${text}</p>`, buttons).answer) === 'yes';
}
