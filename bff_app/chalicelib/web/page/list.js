/** The list of employees: search, filter, order, pages. Everything that it shows is in the address. */

import { PAGE_SIZE, countRows, getSummary } from './api.js';
import { count } from './fields.js';
import { announce } from './focus.js';
import { Button, Empty, Failure, Icon, Labelled, LinkButton, Menu, Select, Skeleton, ViewHeading } from './parts.js';
import { address, currentRoute, currentTrail, go, takeScroll } from './router.js';
import { filtersOf, listPart, loadRows, orderOf } from './rows.js';
import { may } from './session.js';
import { Table, usePicked } from './table.js';
import { t } from './texts.js';
import { Toolbar, filtered, withoutFilters } from './toolbar.js';
import { html, useEvent, useLayoutEffect, useResource, useState } from './view.js';

export default function List({ route: { query, panel } }) {
  const key = `${listPart(query)}`;
  const filters = JSON.stringify(filtersOf(query));
  const list = useResource(async (signal) => ({ ...(await loadRows(query, signal)), key }), [key]);
  const isThere = list.data?.key === key && !list.error;
  // The rows come first, on a slow network. The list works without the rest: its failures stay silent.
  const hasRows = Boolean(list.data);
  const positions = useResource(async (signal) => (hasRows ? getSummary(signal) : []), [hasRows]);
  const total = useResource(async (signal) => hasRows && { filters, ...(await countRows('/empleados', filtersOf(query), signal)) }, [hasRows, filters]);
  const known = total.data?.filters === filters && 'total' in total.data ? total.data : null;
  const shown = known && t(known.exacto ? 'list.total' : 'list.total.about', { n: known.total, total: count(known.total) });
  const picked = usePicked(filters);
  const [isEntered, setEntered] = useState(false);
  useEvent(window, 'keydown', (event) => {
    if (event.key !== 'p' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
    event.preventDefault();
    withAllRows('printRows')();
  });
  useLayoutEffect(() => {
    if (isThere) scrollTo({ top: takeScroll() });
  }, [isThere && key]);
  useLayoutEffect(() => {
    if (!panel) document.title = `${t('view.empleados')}${known ? ` (${count(known.total)})` : ''} · ${t('app.short')}`;
  }, [panel, shown]);
  useLayoutEffect(() => {
    if (isThere) announce(shown || t('list.shown', { n: list.data.rows.length }));
  }, [isThere && key, shown]);
  useLayoutEffect(() => {
    if (!isEntered || !isThere) return;
    setEntered(false);
    const [only] = list.data.rows;
    if (list.data.rows.length === 1) go(address('empleados', listPart(query), { kind: 'ver', id: String(only.id) }));
  });
  return html`
    <${ViewHeading} title=${t('view.empleados')} note=${shown}>
      <${Menu} icon="more" label=${t('list.more')} class="compact">
        ${may('import') && html`<a class="button" href=${address('importar')}><${Labelled} icon="upload">${t('view.importar')}<//></a>`}
        <${Button} icon="download" onClick=${withAllRows('exportRows')}>${t('list.export')}<//>
        <${Button} icon="print" onClick=${withAllRows('printRows')}>${t('list.print')}<//>
        ${may('write') && html`<a class="button" href=${address('bajas')}><${Labelled} icon="restore">${t('view.bajas')}<//></a>`}
      <//>
      ${may('write') && html`<${NewLink} query=${listPart(query)} />`}
    <//>
    <${Toolbar} query=${query} positions=${positions.data ?? []} enter=${() => setEntered(true)} />
    <a class="button primary skip" href="#" onClick=${skipRows}>${t('list.skip')}</a>
    <div class="results" aria-busy=${list.isBusy ? 'true' : null}>${content()}</div>
    ${picked.bar(query, known)}`;

  function content() {
    const { data, error, reload } = list;
    if (error) return html`<${Failure} error=${error} retry=${reload} />`;
    if (!data) return html`<${Skeleton} lines=${12} />`;
    const part = data.search === 'partial' && html`<p class="message warn">${t('list.partial')}</p>`;
    if (data.rows.length === 0) return part || (Object.keys(filtersOf(query)).length > 0 ? noMatch(query, data.search) : noEmployees());
    return html`
      ${part}
      ${data.search === 'similar' && html`<p class="message warn">${t('list.similar')}</p>`}
      <${Table} rows=${data.rows} query=${query} selected=${panel && 'id' in panel ? panel.id : ''} picked=${picked} />
      <${Pager} query=${query} size=${data.rows.length} next=${data.next} total=${known} />`;
  }
}

/** Narrow screens show only the first word; screen readers read both. */
const NewLink = ({ query }) => html`
  <${LinkButton} class="primary" href=${address('empleados', query, { kind: 'nuevo' })}>
    <${Labelled} icon="plus">${t('list.new')}<span class="second-word"> ${t('list.new.what')}</span><//>
  <//>`;

/** Each row is a stop of the tabulator. */
function skipRows(event) {
  event.preventDefault();
  document.querySelector('.pager button:enabled')?.focus();
}

/** All pages, not only the one on the screen. */
const withAllRows = (act) => async () => (await import('./export.js'))[act](currentRoute().query);

const noMatch = (query, search) => html`
  <${Empty} title=${t('list.noMatch.title')} text=${search === 'prefix' ? t('list.noMatch.text') : ''}>
    <${LinkButton} href=${withoutFilters(query)}>${t('list.noMatch.clear')}<//>
  <//>`;

export const noEmployees = () => html`
    <${Empty} title=${t('list.empty.title')} text=${may('write') ? t('list.empty.text') : ''}>
      ${may('write') && html`<${NewLink} />`}
      ${may('import') && html`<${LinkButton} icon="upload" href=${address('importar')}>${t('view.importar')}<//>`}
    <//>`;

const LETTERS = { es: 'ABCDEFGHIJKLMNÑOPQRSTUVWXYZ', en: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ' };
const BY_LETTER = /^-?(nombre|email|posicion)$/;

/**
 * Keyset pages have no numbers: the cursors that led here are kept in the history entry, so that "previous" works, even
 * after a reload. Read from the end (`fin`), the cursors lead towards the beginning.
 */
function Pager({ query, size, next, total }) {
  const { cursor = '', desde = '', fin = '' } = Object.fromEntries(query);
  const trail = cursor ? currentTrail() : [];
  const isLost = cursor !== '' && trail.length === 0; // the address was opened by itself
  const turn = (place, newTrail = []) => () =>
    go(address('empleados', filtered(query, place), currentRoute().panel), { trail: newTrail });
  const ahead = next && turn({ desde, fin, cursor: next }, [...trail, cursor]);
  const back = trail.length > 0 && turn({ desde, fin, cursor: trail.at(-1) }, trail.slice(0, -1));
  const isAtLetter = desde && !cursor;
  const previous = fin ? ahead : back || (isAtLetter && turn({ desde, fin: '1' }));
  const following = fin ? back || (isAtLetter && turn({ desde })) : ahead;
  const step = (act, { children, ...rest }) => html`<${Button} disabled=${!act} onClick=${act || undefined} ...${rest}>${children}<//>`;
  const only = (icon, label) => ({ icon, class: 'icon-button', title: label, 'aria-label': label });
  return html`
    <nav class="pager" aria-label=${t('list.pages')}>
      ${step((cursor || desde || fin) && turn({}), only('first', t('list.firstPage')))}
      ${step(previous, { icon: 'previous', children: t('list.previous') })}
      <span>${range(size, trail.length, { isLost: isLost || desde, fin, total })}</span>
      ${step(following, { children: [t('list.next'), html`<${Icon} name="next" />`] })}
      ${step(following && turn({ fin: '1' }), only('last', t('list.lastPage')))}
      ${BY_LETTER.test(orderOf(query)) && html`
        <${Select} aria-label=${t('list.letter')} value=${desde.toUpperCase()}
          choose=${(letter) => turn({ desde: letter.toLowerCase() })()}
          options=${[['', t('list.letter')], ...[...LETTERS[document.documentElement.lang]].map((letter) => [letter, letter])]} />`}
    </nav>`;
}

function range(size, pages, { isLost, fin, total }) {
  const all = total && (total.exacto ? count(total.total) : t('list.total.about', { total: count(total.total) }));
  if (isLost || (fin && !total?.exacto)) return all ? t('list.part', { n: size, all }) : t('list.shown', { n: size });
  const from = fin ? total.total - pages * PAGE_SIZE - size + 1 : pages * PAGE_SIZE + 1;
  const shown = `${count(from)}–${count(from + size - 1)}`;
  return all ? t('list.part', { n: shown, all }) : shown;
}
