/**
 * The place within the page, in the address after `#`: `#/empleados/7?q=ana` is employee 7 beside the list of that
 * search. Plain paths belong to the API.
 */

const PLACE =
  /^(?:empleados(?:\/(?<id>nuevo|\d+)(?<verb>\/editar)?)?|(?<view>resumen|actividad|operacion|importar|usuarios|autenticador|listo|bajas|correos))?$/;

export function parse(hash) {
  const [path, search = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const query = new URLSearchParams(search);
  const { id, verb, view = 'empleados' } = PLACE.exec(path)?.groups ?? { view: 'perdido' };
  if (id === 'nuevo') return verb ? { view: 'perdido', panel: null, query } : { view, panel: { kind: 'nuevo' }, query };
  return { view, panel: id ? { kind: verb ? 'editar' : 'ver', id } : null, query };
}

export function address(view, query = {}, panel = null) {
  const id = panel && (panel.kind === 'nuevo' ? '/nuevo' : `/${panel.id}`);
  const search = new URLSearchParams(query).toString();
  return `#/${view}${id ?? ''}${panel?.kind === 'editar' ? '/editar' : ''}${search && `?${search}`}`;
}

// The server answers an address of its own that does not exist with this page.
if (location.pathname !== '/') history.replaceState(null, '', `/#${location.pathname}`);

/** Dispatches `change` on every change of place, including the back button. */
export const places = new EventTarget();

export const currentRoute = () => parse(location.hash);

/** Go to an address. `trail`: the cursors of the pages before this one; kept when the page stays the same. */
export function go(to, { replace = false, trail = isSamePage(to) ? currentTrail() : [] } = {}) {
  keepScroll();
  scroll = 0;
  if (replace) history.replaceState({ trail }, '', to);
  else history.pushState({ trail }, '', to);
  places.dispatchEvent(new Event('change'));
}

/** The browser keeps it with this entry of its history, also over a reload. */
export const currentTrail = () => history.state?.trail ?? [];

// What was scrolled comes back when its rows do, which is later than the browser would scroll.
history.scrollRestoration = 'manual';
let scroll = history.state?.scroll ?? 0;

/** How far down this place was left; asked for once, when it is drawn. */
export function takeScroll() {
  const taken = scroll;
  scroll = 0;
  return taken;
}

const keepScroll = () => history.replaceState({ ...history.state, scroll: scrollY }, '');

const isSamePage = (to) => parse(to).query.get('cursor') === currentRoute().query.get('cursor');

/** Handles plain clicks; others (new tab, download) are the browser's. */
function followLink(event) {
  const links = event.composedPath().filter((node) => node instanceof Element && node.matches('a[href^="#/"]'));
  const [link] = links;
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.getAttribute('href'));
}

addEventListener('click', followLink);
addEventListener('scrollend', keepScroll);
addEventListener('pagehide', keepScroll);
addEventListener('popstate', () => {
  scroll = history.state?.scroll ?? 0;
  places.dispatchEvent(new Event('change'));
});
