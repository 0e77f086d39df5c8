// @ts-check
/**
 * The place within the page, in the address after `#`: `#/empleados/7?q=ana` is employee 7 beside the list of that
 * search. Plain paths belong to the API.
 */

/**
 * @typedef {'empleados' | 'resumen' | 'actividad' | 'operacion' | 'importar' | 'listo' | 'perdido'} ViewName
 * @typedef {{kind: 'ver' | 'editar', id: string} | {kind: 'nuevo'}} Panel
 * @typedef {{view: ViewName, panel: Panel | null, query: URLSearchParams}} Route
 */

const VIEWS = /** @type {const} */ (['empleados', 'resumen', 'actividad', 'operacion', 'importar', 'listo']);

/** @param {string} hash @returns {Route} */
export function parse(hash) {
  const [path, search = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
  const query = new URLSearchParams(search);
  const [view = '', id = '', verb = '', ...rest] = path.split('/');
  if (view === '') return { view: 'empleados', panel: null, query };
  const known = VIEWS.find((name) => name === view);
  const panel = known === 'empleados' ? parsePanel(id, verb) : id === '' ? null : undefined;
  if (!known || panel === undefined || rest.length > 0) return { view: 'perdido', panel: null, query };
  return { view: known, panel, query };
}

/** @param {string} id @param {string} verb @returns {Panel | null | undefined} undefined when there is no such panel */
function parsePanel(id, verb) {
  if (id === '' && verb === '') return null;
  if (id === 'nuevo' && verb === '') return { kind: 'nuevo' };
  if (!/^\d+$/.test(id)) return undefined;
  if (verb === '') return { kind: 'ver', id };
  return verb === 'editar' ? { kind: 'editar', id } : undefined;
}

/**
 * @param {ViewName} view
 * @param {URLSearchParams | Record<string, string>} [query]
 * @param {Panel | null} [panel]
 * @returns {string} the address, for a link
 */
export function address(view, query = {}, panel = null) {
  const segments =
    panel === null ? [] : panel.kind === 'nuevo' ? ['nuevo'] : panel.kind === 'ver' ? [panel.id] : [panel.id, 'editar'];
  const search = new URLSearchParams(query).toString();
  return `#/${[view, ...segments].join('/')}${search && `?${search}`}`;
}

/** Dispatches `change` on every change of place, including the back button. */
export const places = new EventTarget();

export const currentRoute = () => parse(location.hash);

/**
 * Go to an address.
 *
 * @param {string} to
 * @param {{replace?: boolean, trail?: string[]}} [options] `trail`: the cursors of the pages before this one; kept
 *   when the page stays the same
 */
export function go(to, { replace = false, trail = isSamePage(to) ? currentTrail() : [] } = {}) {
  if (replace) history.replaceState({ trail }, '', to);
  else history.pushState({ trail }, '', to);
  places.dispatchEvent(new Event('change'));
}

/** @returns {string[]} kept by the browser with this entry of its history, also over a reload */
export const currentTrail = () => history.state?.trail ?? [];

/** @param {string} to */
const isSamePage = (to) => parse(to).query.get('cursor') === currentRoute().query.get('cursor');

/** Handles plain clicks; others (new tab, download) are the browser's. @param {MouseEvent} event */
function followLink(event) {
  const link = event.composedPath().find((node) => node instanceof Element && node.matches('a[href^="#/"]'));
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(/** @type {Element} */ (link).getAttribute('href') ?? '');
}

addEventListener('click', followLink);
addEventListener('popstate', () => places.dispatchEvent(new Event('change')));
