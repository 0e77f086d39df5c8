/** Starts the page: the shell around the views, and which view and panel stand in it. */

import { countRows } from './api.js';
import { count } from './fields.js';
import { announce, liveRegion } from './focus.js';
import { ApiError } from './http.js';
import List from './list.js';
import { draftName, recall } from './memory.js';
import { Toasts, toast } from './notices.js';
import { Button, Empty, Failure, Heading, Labelled, LinkButton, Menu, Panel, Select, closePanel } from './parts.js';
import { THEMES, chooseLanguage, chooseTheme, currentLanguage, currentTheme, hasShortcuts, showTheme } from './preferences.js';
import { offerUndo } from './removal.js';
import { address, currentRoute, go, places } from './router.js';
import { PROBLEMS, firstRows } from './rows.js';
import { currentSession, may, openSession, visitor, whenSessionEnds } from './session.js';
import { t } from './texts.js';
import { Fragment, html, render, useEvent, useLayoutEffect, useRef, useResource, useState } from './view.js';

/** The list comes with the page; the rest is fetched when it is needed, or when the browser is idle. */
const VIEWS = {
  empleados: List,
  resumen: lazy(() => import('./summary.js')),
  actividad: lazy(() => import('./activity.js')),
  operacion: lazy(() => import('./operations.js')),
  importar: lazy(() => import('./importer.js')),
  usuarios: lazy(() => import('./account.js'), 'Users'),
  autenticador: lazy(() => import('./account.js'), 'SecondFactor'),
  bajas: lazy(() => import('./bajas.js')),
  correos: lazy(() => import('./activity.js'), 'Mails'),
  listo: () => say(t('view.listo'), t('ready.text'), homeLink()),
  perdido: () => say(t('view.perdido'), t('lost.text'), homeLink()),
};
const PANELS = {
  ver: lazy(() => import('./employee.js')),
  editar: lazy(() => import('./form.js')),
  nuevo: lazy(() => import('./form.js')),
};
const SignIn = lazy(() => import('./sign_in.js'));
const Account = lazy(() => import('./account.js'));
/** The right a view or panel needs beyond reading. */
const NEEDED = {
  correos: 'mails', operacion: 'operate', usuarios: 'operate', importar: 'import', bajas: 'write', editar: 'write', nuevo: 'write',
};
const ICONS = { empleados: 'people', resumen: 'chart', actividad: 'clock', correos: 'mail', operacion: 'pulse' };
const LANGUAGE_NAMES = { es: 'Español', en: 'English' };

/** A component whose module is fetched when it is first shown, or ahead of that. */
function lazy(load, name = 'default') {
  let View;
  const fetchIt = () => load().then((module) => (View = module[name]));
  const Lazy = (props) => {
    const [state, setState] = useState('waiting');
    useLayoutEffect(() => {
      if (!View) fetchIt().then(() => setState('there'), () => setState('failed'));
    }, []);
    if (state === 'failed') return html`<${Unopened} />`;
    return View ? html`<${View} ...${props} />` : null;
  };
  return Object.assign(Lazy, { fetchIt });
}

const Unopened = () => html`
  <${Empty} title=${t('app.newVersion.title')} text=${t('app.newVersion.text')}>
    <${Button} class="primary" icon="refresh" onClick=${() => location.reload()}>${t('app.reload')}<//>
  <//>`;

const mayOpen = (name) => may('read') && (!NEEDED[name] || may(NEEDED[name]));

const say = (title, text, action) => html`
  <${Heading} class="visually-hidden">${title}<//>
  <${Empty} title=${title} text=${text}>${action}<//>`;

const homeLink = () => html`<${LinkButton} class="primary" href=${address('empleados')}>${t('lost.home')}<//>`;

const Refused = () =>
  may('read')
    ? say(t('refused.title'), t('error.forbidden'), homeLink())
    : say(t('refused.nothing.title'), t('refused.nothing.text'));

const RefusedPanel = () => html`
  <${Panel} title=${t('refused.title')}><${Empty} text=${t('error.forbidden')}>${homeLink()}<//><//>`;

const isSame = (panel, other) => panel.kind === other?.kind && panel.id === other.id;

const showShortcuts = async () => (await import('./shortcuts.js')).showShortcuts();

function Directory() {
  const [route, setRoute] = useState(currentRoute);
  const { view, panel } = route;
  /** Where the list was before a panel covered it on a narrow screen, and what opened the panel. */
  const before = useRef({ scroll: 0, opener: null, hadPanel: false });
  const main = useRef(null);
  useEvent(places, 'change', () => {
    const next = currentRoute();
    const left = panel && panel.kind !== 'ver' && recall(draftName(panel.id));
    if (left && !isSame(panel, next.panel)) {
      const resume = () => go(address('empleados', next.query, panel));
      toast(t('form.draft.kept'), { action: { label: t('import.goOn'), run: resume } });
    }
    if (next.panel && !panel) Object.assign(before.current, { scroll: scrollY, opener: document.activeElement });
    setRoute(next);
  });
  useEvent(window, 'keydown', (event) => {
    if (document.querySelector('dialog[open]')) return;
    if (event.key === 'Escape' && panel) closePanel();
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input, select') || !hasShortcuts()) return;
    const act = {
      '/': () => document.getElementById('buscar')?.focus(),
      n: () => may('write') && go(address('empleados', view === 'empleados' ? route.query : {}, { kind: 'nuevo' })),
      u: () => document.querySelector('.toast .quiet')?.click(),
      '?': showShortcuts,
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  useLayoutEffect(() => {
    if (!panel && view !== 'empleados') document.title = `${t(`view.${view}`)} · ${t('app.short')}`;
    if (before.current.hadPanel && !panel && view === 'empleados') {
      scrollTo({ top: before.current.scroll });
      if (before.current.opener !== document.body) before.current.opener?.focus({ preventScroll: true });
    }
    before.current.hadPanel = panel !== null;
  }, [route]);
  /** An ordinary link to an element would change the route, which is the address after `#`. */
  const skip = (event) => {
    event.preventDefault();
    main.current.focus();
  };
  const View = mayOpen(view) ? VIEWS[view] : Refused;
  const Shown = panel && (mayOpen(panel.kind) ? PANELS[panel.kind] : RefusedPanel);
  return html`
    <a class="button primary skip" href="#contenido" onClick=${skip}>${t('app.skip')}</a>
    <${Bar} section=${['importar', 'bajas'].includes(view) ? 'empleados' : view} />
    <section class="notices" aria-label=${t('app.state')}>
      ${currentSession()?.demo && html`
        <p class="message warn"><strong>${t('demo.title')}</strong>${t('demo.text')}</p>`}
      <${OfflineNotice} />
    </section>
    <main id="contenido" tabindex="-1" ref=${main} class=${panel ? 'with-panel' : ''}>
      <div class="view"><${View} key=${view} route=${route} /></div>
      ${Shown && html`
        <aside class="panel"><${Shown} key=${`${panel.kind} ${'id' in panel ? panel.id : ''}`} route=${route} /></aside>`}
    </main>
    <${Toasts} />`;
}

function Bar({ section }) {
  const { nombre, correo, usuario } = currentSession();
  const inbox = document.querySelector('meta[name="inbox"]')?.getAttribute('content');
  const offered = Object.entries(ICONS).filter(([name]) => mayOpen(name));
  // After the rows, which people wait for.
  const problems = useResource((signal) => firstRows.then(() => (mayOpen('correos') ? countRows('/correos', { estado: PROBLEMS }, signal) : null)), []);
  const { total = 0, exacto } = problems.data ?? {};
  const badge = total > 0 && html`
    <span class="badge bad" title=${t('mails.badge', { n: total })}>
      ${count(total)}${exacto ? '' : '+'}<span class="visually-hidden"> ${t('mails.badge', { n: total })}</span>
    </span>`;
  return html`
    <header class="bar">
      <a class="brand" href=${address('empleados')}><${Labelled} icon="people">${t('app.short')}<//></a>
      <nav class="menu" aria-label=${t('app.menu')}>
        ${offered.map(([name, icon]) => html`
          <a href=${address(name)} aria-current=${name === section ? 'page' : null}>
            <${Labelled} icon=${icon}>${t(`view.${name}`)}<//>${name === 'correos' && badge}
          </a>`)}
      </nav>
      <${Menu} icon="person" label=${nombre || correo || usuario}>
        <${Account}>
          ${inbox && html`<a class="button" href=${inbox} target="_blank" rel="noopener">${t('app.inbox')}</a>`}
          <${Choices} />
        <//>
      <//>
    </header>`;
}

function OfflineNotice() {
  const [isOnline, setOnline] = useState(navigator.onLine);
  useEvent(window, 'online', () => setOnline(true));
  useEvent(window, 'offline', () => {
    setOnline(false);
    announce(t('app.offline'));
  });
  return html`<p class="message warn" hidden=${isOnline}>${t('app.offline')}</p>`;
}

function Choices() {
  const through = (choose) => (chosen) => {
    choose(chosen);
    draw();
    document.getElementById('idioma')?.focus();
  };
  return html`
    <${Select} id="idioma" aria-label="Idioma · Language" value=${currentLanguage()} choose=${through(chooseLanguage)}
      options=${Object.entries(LANGUAGE_NAMES)} />
    <${Select} aria-label=${t('theme')} value=${currentTheme()} choose=${through(chooseTheme)}
      options=${THEMES.map((theme) => [theme, t(`theme.${theme}`)])} />`;
}

let screen = () => html`<p class="starting" role="status">${t('loading')}</p>`;

function draw() {
  document.documentElement.lang = currentLanguage();
  render(html`<${Fragment} key=${currentLanguage()}>${screen()}<//>`, document.body);
}

async function start() {
  const outcome = new URLSearchParams(location.search).get('entrada') ?? '';
  if (location.search) history.replaceState(history.state, '', `/${location.hash}`); // shown once
  document.body.replaceChildren();
  draw();
  document.body.append(liveRegion);
  try {
    openSession(await visitor);
    screen = () => html`<${Directory} />`;
    offerUndo();
    fetchTheRest();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.isNotSignedIn) {
      screen = () => {
        document.title = `${t('signIn')} · ${t('app.short')}`;
        return html`<${SignIn} outcome=${outcome}><${Choices} /><//>`;
      };
    } else screen = () => html`<main class="door"><${Failure} error=${error} retry=${() => location.reload()} /></main>`;
  }
  draw();
}

/** A view then opens at once, even without network. */
async function fetchTheRest() {
  await firstRows;
  const modules = [...Object.values({ ...VIEWS, ...PANELS }), SignIn, Account].map((view) => view.fetchIt);
  const loaders = [...modules.filter(Boolean), () => import('./export.js'), () => import('./shortcuts.js')];
  requestIdleCallback(() => loaders.forEach((load) => load().catch(() => undefined)), { timeout: 10_000 });
}

whenSessionEnds(async () => (await import('./sign_in.js')).askToSignIn());
showTheme(currentTheme());
start();
