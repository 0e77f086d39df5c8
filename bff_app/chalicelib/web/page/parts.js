/** What views are made of: icons, buttons, headings, figures, tables, and what stands there while there is no content. */

import { address, currentRoute, go } from './router.js';
import { signInAgain } from './session.js';
import { t } from './texts.js';
import { html, useEvent, useId, useLayoutEffect, useRef, useState } from './view.js';

/** Drawn with one stroke on a grid of 24 units. */
const PATHS = {
  people: 'M16 20v-1a4 4 0 0 0-4-4H7a4 4 0 0 0-4 4v1M9.5 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7M21 20v-1a4 4 0 0 0-3-3.9M15.5 4.2a3.5 3.5 0 0 1 0 6.6',
  chart: 'M4 20V10M10 20V4M16 20v-7M21 20H3',
  clock: 'M12 7v5l3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18',
  pulse: 'M3 12h4l3-8 4 16 3-8h4',
  upload: 'M12 16V4M7 9l5-5 5 5M4 20h16',
  download: 'M12 4v12M7 11l5 5 5-5M4 20h16',
  plus: 'M12 5v14M5 12h14',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M16 16l5 5',
  edit: 'M4 20h4L19 9l-4-4L4 16zM13 7l4 4',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  more: 'M6 12a1 1 0 1 0-.01 0M13 12a1 1 0 1 0-.01 0M20 12a1 1 0 1 0-.01 0',
  filter: 'M4 6h16M7 12h10M10 18h4',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  print: 'M7 8V3h10v5M7 17H4V9h16v8h-3M7 14h10v7H7z',
  restore: 'M4 12a8 8 0 1 0 2.5-5.8M4 4v5h5',
  first: 'M7 5v14M18 5l-7 7 7 7',
  last: 'M17 5v14M6 5l7 7-7 7',
  close: 'M6 6l12 12M18 6L6 18',
  mail: 'M3 6h18v12H3zM3 7l9 6 9-6',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  warning: 'M12 4L2.5 20h19zM12 10v4M12 17v.5',
  previous: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  refresh: 'M20 11a8 8 0 1 0-2.3 6.3M20 5v6h-6',
  undo: 'M4 9h10a6 6 0 0 1 0 12h-3M8 5L4 9l4 4',
  offline: 'M3 3l18 18M5 12a10 10 0 0 1 4-2.5M2 8.5A15 15 0 0 1 7 5.6M12 19v.5M8.5 15.5a5 5 0 0 1 6 0M11 5a15 15 0 0 1 11 3.5M15 9.6a10 10 0 0 1 4 2.4',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4.5 20.5a7.5 7.5 0 0 1 15 0',
  enter: 'M14 4h5v16h-5M3 12h11M10 8l4 4-4 4',
};

/** Decoration: the text beside it speaks. */
export const Icon = ({ name }) =>
  html`
    <svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round"
      stroke-linejoin="round" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;

export const Labelled = ({ icon, children }) => html`<${Icon} name=${icon} /><span>${children}</span>`;

/** Other properties are the button's own attributes; `icon` stands before the label. */
export const Button = ({ icon, children, ...rest }) =>
  html`<button type="button" ...${rest}>${icon && html`<${Icon} name=${icon} />`}${children}</button>`;

export const IconButton = ({ icon, label, ...rest }) =>
  html`<button type="button" class="icon-button" aria-label=${label} ...${rest}><${Icon} name=${icon} /></button>`;

export const LinkButton = ({ icon, children, class: kind = '', ...rest }) =>
  html`<a class=${`button ${kind}`} ...${rest}>${icon && html`<${Icon} name=${icon} />`}${children}</a>`;

/** What people wrote: it has its own direction and language, whatever the page's are, and is not translated. */
export const OWN = { dir: 'auto', lang: 'es', translate: false };

/** A button that opens a small box, which closes on Escape, with a choice, and when the focus or the pointer goes elsewhere. */
export function Menu({ icon, label, class: kind = '', children }) {
  const menu = useRef(null);
  const [isOpen, setOpen] = useState(false);
  const leave = ({ relatedTarget, target }) => menu.current.contains(relatedTarget ?? target) || setOpen(false);
  useEvent(document, 'pointerdown', leave);
  const press = (event) => {
    if (event.key !== 'Escape' || !isOpen) return;
    event.stopPropagation(); // the panel stays
    menu.current.firstElementChild.focus();
    setOpen(false);
  };
  const choose = ({ target }) => target.closest('a, button') && setOpen(false);
  return html`
    <details class="popup" ref=${menu} open=${isOpen} onToggle=${({ target }) => setOpen(target.open)} onKeyDown=${press}
      onFocusOut=${(event) => event.relatedTarget && leave(event)}>
      <summary class=${`button ${kind}`}><${Labelled} icon=${icon}>${label}<//></summary>
      ${isOpen && html`<div class="popup-box" onClick=${choose}>${children}</div>`}
    </details>`;
}

/** `options` are pairs of a value and its label; `choose` gets the chosen value. */
export const Select = ({ options, choose, class: kind = '', ...rest }) => html`
  <select class=${`select-field ${kind}`} onChange=${({ target }) => choose(target.value)} ...${rest}>
    ${options.map(([value, label]) => html`<option value=${value} key=${value}>${label}</option>`)}
  </select>`;

/** False until the first view is drawn: then nothing else has the focus, and the browser restores the scrolling. */
let hasArrived = false;

/** The heading of a view. It gets the focus when the view comes by a link. */
export function Heading({ children, ...rest }) {
  const element = useRef(null);
  useLayoutEffect(() => {
    if (hasArrived && !currentRoute().panel) {
      scrollTo({ top: 0 });
      element.current.focus({ preventScroll: true });
    }
    hasArrived = true;
  }, []);
  return html`<h1 tabindex="-1" ref=${element} ...${rest}>${children}</h1>`;
}

/** `note` stands beside the title; one that is not known yet keeps its place. */
export const ViewHeading = ({ title, note, children }) => html`
  <header class="view-heading">
    <${Heading}>${title}<//>${note !== undefined && html`<span class="muted">${note}</span>`}<div class="actions">${children}</div>
  </header>`;

export const Facts = ({ facts, class: kind }) => html`
  <dl class=${kind}>
    ${facts.map(([term, value]) => html`<div key=${term}><dt>${term}</dt><dd>${value}</dd></div>`)}
  </dl>`;

/** A table that scrolls by itself where it is too wide. On narrow screens its rows are cards, hence the roles and titles. */
export function PlainTable({ label, columns, rows }) {
  const numeric = columns.map(({ isNumber }) => (isNumber ? 'number' : undefined));
  const cell = (content, at) => {
    const { title, isHeading } = columns[at];
    return html`<${isHeading ? 'th' : 'td'} role=${isHeading ? 'rowheader' : 'cell'} class=${numeric[at]} data-title=${title}>${content}<//>`;
  };
  return html`
    <div class="table-scroll" tabindex="0" role="group" aria-label=${label}>
      <table class="plain" role="table">
        <thead role="rowgroup">
          <tr role="row">${columns.map(({ title }, at) => html`<th role="columnheader" class=${numeric[at]}>${title}</th>`)}</tr>
        </thead>
        <tbody role="rowgroup">${rows.map((cells) => html`<tr role="row">${cells.map(cell)}</tr>`)}</tbody>
      </table>
    </div>`;
}

export const closePanel = () => go(address('empleados', currentRoute().query));

/** The address of another panel, or with null of the list alone. */
export const panelAddress = (panel) => address('empleados', currentRoute().query, panel);

/** `title` is also that of the tab: the browser's history shows it. The heading gets the focus at first. */
export function Panel({ title, children }) {
  const id = useId();
  const heading = useRef(null);
  useLayoutEffect(() => heading.current.focus({ preventScroll: true }), []);
  useLayoutEffect(() => {
    document.title = `${title} · ${t('app.short')}`;
  }, [title]);
  return html`
    <section class="panel-frame" aria-labelledby=${id}>
      <header class="panel-heading">
        <h2 id=${id} tabindex="-1" ref=${heading} dir="auto">${title}</h2>
        <${IconButton} icon="close" label=${t('close')} onClick=${closePanel} />
      </header>
      <div class="panel-body">${children}</div>
    </section>`;
}

export const Skeleton = ({ lines }) => html`
  <div class="skeleton">
    <span class="visually-hidden">${t('loading')}</span>
    ${Array.from({ length: lines }, () => html`<span class="skeleton-line" />`)}
  </div>`;

/** `title` is empty where the panel's heading says it. */
export const Empty = ({ title = '', text, children }) => html`
  <div class="state">${title && html`<h2>${title}</h2>`}<p>${text}</p><div class="actions">${children}</div></div>`;

export const Alert = ({ children }) => html`
  <div class="state bad" role="alert"><${Icon} name="warning" />${children}</div>`;

/** What went wrong and what to do. `retry` is also called when the network returns. */
export function Failure({ error, retry }) {
  useEvent(window, 'online', () => error.kind === 'silence' && retry?.());
  const isHopeless = error.isNotSignedIn || error.isForbidden;
  return html`
    <${Alert}>
      <${Explanation} error=${error} retry=${retry} />
      ${retry && !isHopeless && html`<${Button} icon="refresh" onClick=${retry}>${t('retry')}<//>`}
    <//>`;
}

/** What was loaded, or that it is on its way, or why not. `children` is a function of what was loaded. */
export function Loaded({ from: { data, error, reload }, lines, children }) {
  if (error) return html`<${Failure} error=${error} retry=${reload} />`;
  return data === undefined ? html`<${Skeleton} lines=${lines} />` : children(data);
}

/** The server's words or else ours. `retry` is called once the person has signed in, if that is what was missing. */
export function Explanation({ error, retry }) {
  const { title, detail } = words(error);
  const signIn = async () => (await signInAgain()) && retry?.();
  return html`
    <h2>${title}</h2>
    <p>${[detail, advice(error)].filter(Boolean).join(' ')}</p>
    ${error.isNotSignedIn && html`<${Button} class="primary" icon="enter" onClick=${signIn}>${t('signIn')}<//>`}
    ${error.requestId && html`<p>${t('error.requestId')} <code>${error.requestId}</code></p>`}`;
}

function words(error) {
  if (error.kind === 'problem') return { title: error.title || t('error.title'), detail: error.detail };
  const key = error.kind === 'unreadable' ? 'unreadable' : navigator.onLine ? 'silence' : 'offline';
  return { title: t(`error.${key}.title`), detail: t(`error.${key}.detail`, { status: error.status }) };
}

function advice(error) {
  if (error.kind !== 'problem') return '';
  if (error.isForbidden) return t('error.forbidden');
  if (error.retryAfter) return t('error.retryAfter', { seconds: error.retryAfter });
  if (error.isTemporary) return t('error.temporary');
  return error.status >= 500 ? t('error.report') : '';
}

export function sentence(error) {
  const { title, detail } = words(error);
  return [title, detail].filter(Boolean).join('. ').replaceAll('..', '.');
}
