// @ts-check
/** Starts the page: the shell around the views, and which view and panel stand in it. */

import { announce, announcer, focusAgain, focusHeading } from './accessibility.js';
import { h } from './element.js';
import { ApiError } from './http.js';
import * as list from './list.js';
import { closePanel, panelFrame } from './panel.js';
import { button, icon, labelled, linkButton } from './parts.js';
import {
  LANGUAGES,
  THEMES,
  chooseLanguage,
  chooseTheme,
  currentLanguage,
  currentTheme,
  showTheme,
} from './preferences.js';
import { address, currentRoute, places } from './router.js';
import { currentSession, may, openSession, visitor, whenSessionEnds } from './session.js';
import { empty, failure } from './states.js';
import { t } from './texts.js';
import { toasts } from './toast.js';

/** @typedef {import('./router.js').Route} Route */
/** @typedef {{mount: (root: HTMLElement, route: Route, signal: AbortSignal) => void | Promise<void> | {update: (route: Route) => void}}} View */

/** The list comes with the page; the rest is fetched when it is needed, or when the browser is idle. */
const VIEWS = {
  empleados: async () => list,
  resumen: () => import('./summary.js'),
  actividad: () => import('./activity.js'),
  operacion: () => import('./operations.js'),
  importar: () => import('./importer.js'),
  listo: async () => ({ mount: ready }),
  perdido: async () => ({ mount: lost }),
};
const PANELS = {
  ver: () => import('./employee.js'),
  editar: () => import('./form.js'),
  nuevo: () => import('./form.js'),
};
/** The right a view or panel needs beyond reading. @type {Record<string, import('./session.js').Right>} */
const NEEDED = { operacion: 'operate', importar: 'import', editar: 'write', nuevo: 'write' };
const ICONS = /** @type {const} */ ({ empleados: 'people', resumen: 'chart', actividad: 'clock', operacion: 'pulse' });

const LANGUAGE_NAMES = { es: 'Español', en: 'English' };

const view = h('div', { class: 'view' });
const aside = h('aside', { class: 'panel', hidden: true });
const account = h('div', { class: 'account-entries' });
const main = h('main', { id: 'contenido', tabindex: '-1' }, view, aside);

/** A place of the page that holds one view at a time. */
class Slot {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.name = '';
    this.life = new AbortController();
    /** @type {((route: Route) => void) | undefined} */
    this.update = undefined;
  }

  /**
   * Show the view `name`. If it is already shown and has an `update`, only that is called.
   *
   * @param {string} name
   * @param {Route} route
   * @param {() => Promise<View>} load
   */
  async show(name, route, load) {
    if (name === this.name && this.update) {
      this.update(route);
      return;
    }
    this.clear();
    this.name = name;
    const { signal } = this.life;
    try {
      const { mount } = await load();
      if (signal.aborted) return;
      const mounted = mount(this.root, route, signal);
      this.update = mounted && 'update' in mounted ? mounted.update : undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.root.replaceChildren(unopened());
      throw error;
    }
  }

  clear() {
    this.life.abort();
    this.life = new AbortController();
    this.name = '';
    this.update = undefined;
    this.root.replaceChildren();
  }
}

const viewSlot = new Slot(view);
const panelSlot = new Slot(aside);
/** The list's scroll position before a panel covered it, on a narrow screen. */
let listScroll = 0;
/** The element of the list that opened the panel. @type {string | null} */
let opener = null;

/** @param {{isFirst?: boolean}} [options] */
async function showPlace({ isFirst = false } = {}) {
  const route = currentRoute();
  const isNewView = viewSlot.name !== route.view;
  const hadPanel = !aside.hidden;
  const focused = view.contains(document.activeElement) ? document.activeElement : null;
  markCurrent(route);
  if (!route.panel) document.title = `${t(`view.${route.view}`)} · ${t('app.short')}`;
  if (route.panel && !hadPanel) {
    listScroll = scrollY;
    opener = focused?.getAttribute('data-focus') ?? null;
  }
  aside.hidden = route.panel === null;
  main.classList.toggle('with-panel', route.panel !== null);
  const shown = viewSlot.show(route.view, route, mayOpen(route.view) ? VIEWS[route.view] : refused);
  if (route.panel) {
    const { kind } = route.panel;
    const name = route.panel.kind === 'nuevo' ? 'nuevo' : `${kind} ${route.panel.id}`;
    if (panelSlot.name !== name) await panelSlot.show(name, route, mayOpen(kind) ? PANELS[kind] : refusedPanel);
  } else if (hadPanel) {
    panelSlot.clear();
    scrollTo({ top: listScroll });
    if (document.activeElement === document.body) focusAgain(view, opener);
  }
  await shown;
  if (isNewView && !isFirst && !route.panel) {
    scrollTo({ top: 0 });
    focusHeading(view);
  } else if (focused && !focused.isConnected && document.activeElement === document.body) {
    focusAgain(view, focused.getAttribute('data-focus'));
  }
}

/** @param {string} name of a view or a panel */
const mayOpen = (name) => may('read') && (!NEEDED[name] || may(NEEDED[name]));

/** @param {HTMLElement} root @param {string} title @param {string} text @param {...HTMLElement} actions */
function say(root, title, text, ...actions) {
  root.replaceChildren(
    h('h1', { class: 'visually-hidden', tabindex: '-1' }, title),
    empty(title, text, ...actions),
  );
}

const homeLink = () => linkButton(t('lost.home'), address('empleados'), { class: 'button primary' });

/** @param {HTMLElement} root */
const lost = (root) => say(root, t('view.perdido'), t('lost.text'), homeLink());

/** The end of a sign-in that began in another tab. @param {HTMLElement} root */
const ready = (root) => say(root, t('view.listo'), t('ready.text'), homeLink());

/** @returns {Promise<View>} */
const refused = async () => ({
  mount: (root) => {
    if (may('read')) say(root, t('refused.title'), t('error.forbidden'), homeLink());
    else say(root, t('refused.nothing.title'), t('refused.nothing.text'));
  },
});

/** @returns {Promise<View>} */
const refusedPanel = async () => ({
  mount: (root) => {
    const frame = panelFrame(t('refused.title'));
    frame.body.append(empty('', t('error.forbidden'), homeLink()));
    root.replaceChildren(frame.element);
  },
});

function unopened() {
  const reload = button(t('app.reload'), () => location.reload(), { class: 'primary', picture: 'refresh' });
  return empty(t('app.newVersion.title'), t('app.newVersion.text'), reload);
}

function shell() {
  const inbox = document.querySelector('meta[name="inbox"]')?.getAttribute('content');
  const offered = Object.entries(ICONS).filter(([name]) => mayOpen(name));
  const links = offered.map(([name, picture]) => {
    const href = address(/** @type {any} */ (name));
    return h('a', { href, 'data-view': name }, labelled(picture, t(`view.${name}`)));
  });
  const inboxLink = { class: 'setting', href: inbox, target: '_blank', rel: 'noopener' };
  const settings = [inbox && h('a', inboxLink, labelled('mail', t('app.inbox'))), themeChoice(), languageChoice()];
  return [
    h('a', { class: 'skip', href: '#contenido', onclick: skip }, t('app.skip')),
    h(
      'header',
      { class: 'bar' },
      h('a', { class: 'brand', href: address('empleados') }, labelled('people', t('app.short'))),
      h('nav', { class: 'menu', 'aria-label': t('app.menu') }, ...links),
      h('div', { class: 'settings' }, ...settings, account),
    ),
    h('div', { class: 'notices' }, currentSession()?.demo && demoNotice(), offlineNotice()),
    main,
    toasts,
    announcer,
  ];
}

/** Without sign-in, anyone can read and change what is here. */
const demoNotice = () => h('p', { class: 'notice warn' }, icon('warning'), h('strong', {}, t('demo.title')), t('demo.text'));

function offlineNotice() {
  const notice = h('p', { class: 'notice warn', role: 'status', hidden: navigator.onLine }, icon('offline'), t('app.offline'));
  addEventListener('online', () => (notice.hidden = true));
  addEventListener('offline', () => (notice.hidden = false));
  return notice;
}

/** An ordinary link to an element would change the route, which is the address after `#`. @param {Event} event */
function skip(event) {
  event.preventDefault();
  main.focus();
}

/** With two languages, the choice is the other one, in its own words. */
function languageChoice() {
  const other = LANGUAGES.find((language) => language !== currentLanguage()) ?? 'es';
  const change = async () => {
    chooseLanguage(other);
    await draw();
    document.getElementById('idioma')?.focus();
  };
  const attributes = { type: 'button', class: 'setting', id: 'idioma', lang: other, onclick: change };
  return h('button', attributes, labelled('globe', LANGUAGE_NAMES[other]));
}

function themeChoice() {
  const name = h('span', {});
  const button = h('button', { type: 'button', class: 'setting', onclick: next }, icon('sun'), name);
  const tell = () => (name.textContent = t(`theme.${currentTheme()}`));
  function next() {
    chooseTheme(THEMES[(THEMES.indexOf(currentTheme()) + 1) % THEMES.length]);
    tell();
    announce(name.textContent);
  }
  tell();
  return button;
}

/** @param {Route} route */
function markCurrent(route) {
  const section = route.view === 'importar' ? 'empleados' : route.view;
  for (const link of document.querySelectorAll('.menu a')) {
    if (link.getAttribute('data-view') === section) link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
}

/** Draws the whole page: at the start, and in another language. @type {() => void | Promise<void>} */
let draw = drawWaiting;

function drawWaiting() {
  document.documentElement.lang = currentLanguage();
  document.body.replaceChildren(h('p', { class: 'starting', role: 'status' }, t('loading')));
}

function drawDirectory() {
  document.documentElement.lang = currentLanguage();
  viewSlot.clear();
  panelSlot.clear();
  account.replaceChildren();
  document.body.replaceChildren(...shell());
  return showPlace({ isFirst: true }).then(drawAccount);
}

/** After the rows, which people wait for. */
async function drawAccount() {
  const { accountEntries } = await import('./account.js');
  account.replaceChildren(...accountEntries());
}

/** @param {string} outcome of the last attempt to sign in; empty if there was none */
async function drawSignIn(outcome) {
  const { signInScreen } = await import('./sign_in.js');
  document.documentElement.lang = currentLanguage();
  document.title = `${t('signIn')} · ${t('app.short')}`;
  document.body.replaceChildren(signInScreen(outcome, themeChoice(), languageChoice()));
}

/** @param {any} error */
function drawTrouble(error) {
  document.body.replaceChildren(h('main', { class: 'door' }, failure(error, () => location.reload())));
}

async function start() {
  const outcome = new URLSearchParams(location.search).get('entrada') ?? '';
  if (location.search) history.replaceState(history.state, '', `/${location.hash}`); // shown once
  draw();
  try {
    openSession(await visitor);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    draw = () => (error.isNotSignedIn ? drawSignIn(outcome) : drawTrouble(error));
    draw();
    return;
  }
  draw = drawDirectory;
  await draw();
  fetchTheRest();
}

/** A view then opens at once, even without network. */
function fetchTheRest() {
  const others = [() => import('./export.js'), () => import('./sign_in.js')];
  const loaders = [...Object.values(VIEWS), ...Object.values(PANELS), ...others];
  requestIdleCallback(() => loaders.forEach((load) => load().catch(() => undefined)), { timeout: 10_000 });
}

whenSessionEnds(async () => (await import('./sign_in.js')).askToSignIn());
addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !aside.hidden && !document.querySelector('dialog[open]')) closePanel();
  if (event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey) && document.getElementById('buscar')) {
    event.preventDefault();
    document.getElementById('buscar')?.focus();
  }
});
places.addEventListener('change', () => currentSession() && showPlace());
showTheme(currentTheme());
start();
