/** The list of employees: search, filter, order, pages. Everything that it shows is in the address. */

import { PAGE_SIZE, getSummary } from './api.js';
import { show, visibleFields } from './fields.js';
import { announce } from './focus.js';
import { Button, Icon, Labelled, LinkButton, Select, ViewHeading } from './parts.js';
import { isLeaving, keep, removals, removeSoon } from './removal.js';
import { address, currentRoute, currentTrail, go } from './router.js';
import { listPart, loadRows, orderOf } from './rows.js';
import { may } from './session.js';
import { Empty, Failure, Skeleton } from './states.js';
import { t } from './texts.js';
import { html, useChanges, useLayoutEffect, useRef, useResource } from './view.js';

const TYPING_PAUSE_MS = 150;

export default function List({ route: { query, panel } }) {
  const key = `${listPart(query)}`;
  const list = useResource((signal) => loadRows(query, signal), [key]);
  // The rows first, on a slow network. The list works without the filter's choices, so that a failure is not told.
  const hasRows = Boolean(list.data);
  const positions = useResource(async (signal) => (hasRows ? getSummary(signal) : []), [hasRows]);
  const told = useRef(null);
  useChanges(removals);
  useLayoutEffect(() => told.current !== null && scrollTo({ top: 0 }), [key]);
  useLayoutEffect(() => {
    if (list.isBusy || list.error || told.current === key) return;
    told.current = key;
    announce(t('list.shown', { n: list.data.rows.length }));
  }, [list.data, list.isBusy]);
  return html`
    <${ViewHeading} title=${t('view.empleados')}>
      ${may('import') && html`
        <a class="button compact" href=${address('importar')}><${Labelled} icon="upload">${t('list.import')}<//></a>`}
      <button type="button" class="compact" onClick=${exportRows}>
        <${Labelled} icon="download">${t('list.export')}<//>
      </button>
      ${may('write') && html`<${NewLink} query=${listPart(query)} />`}
    <//>
    <${Toolbar} query=${query} positions=${positions.data ?? []} />
    <a class="skip" href="#" onClick=${skipRows}>${t('list.skip')}</a>
    <div class="results" aria-busy=${list.isBusy ? 'true' : null}>${content(list, query, panel)}</div>`;
}

function content({ data, error, reload }, query, panel) {
  if (error) return html`<${Failure} error=${error} retry=${reload} />`;
  if (!data) return html`<${Skeleton} lines=${12} />`;
  if (data.rows.length === 0) return nothing(query);
  return html`
    <${Table} rows=${data.rows} query=${query} selected=${panel && 'id' in panel ? panel.id : ''} />
    <${Pager} query=${query} size=${data.rows.length} next=${data.next} />`;
}

function filtered(query, changed) {
  const kept = Object.entries({ ...Object.fromEntries(listPart(query)), ...changed, cursor: '' });
  return new URLSearchParams(kept.filter(([, value]) => value !== ''));
}

/** Go to the list with other filters or another order, from its first page. */
function apply(changed, replace = false) {
  const { query, panel } = currentRoute();
  go(address('empleados', filtered(query, changed), panel), { replace });
}

/** Narrow screens show only the first word; screen readers read both. */
export const NewLink = ({ query }) => html`
  <${LinkButton} class="primary" href=${address('empleados', query, { kind: 'nuevo' })}>
    <${Labelled} icon="plus">${t('list.new')}<span class="second-word"> ${t('list.new.what')}</span><//>
  <//>`;

/** Fifty rows have three stops of the tabulator each. */
function skipRows(event) {
  event.preventDefault();
  document.querySelector('.pager button:enabled')?.focus();
}

async function exportRows() {
  const { exportEmployees } = await import('./export.js');
  const { query } = currentRoute();
  const { q = '', posicion = '' } = Object.fromEntries(listPart(query));
  exportEmployees({ q, posicion, orden: orderOf(query) });
}

function Toolbar({ query, positions }) {
  const sought = query.get('q') ?? '';
  const chosen = query.get('posicion') ?? '';
  const search = useRef(null);
  /** Set while what was typed waits to be searched. */
  const typing = useRef(undefined);
  useLayoutEffect(() => {
    if (!typing.current && search.current.value.trim() !== sought) search.current.value = sought;
  }, [sought]);
  const type = () => {
    clearTimeout(typing.current);
    typing.current = setTimeout(() => {
      typing.current = undefined;
      apply({ q: search.current.value.trim() }, true);
    }, TYPING_PAUSE_MS);
  };
  const choices = positions.map(({ posicion, empleados }) => [posicion, `${posicion} (${empleados})`]);
  // A position of the address may have no employees any more, and is still what the list is filtered by.
  if (chosen && !positions.some(({ posicion }) => posicion === chosen)) choices.push([chosen, chosen]);
  const sortable = visibleFields().filter(({ isSortable }) => isSortable);
  const orders = ({ name }) => [[name, `${t(`field.${name}`)} ↑`], [`-${name}`, `${t(`field.${name}`)} ↓`]];
  return html`
    <form class="toolbar" role="search" onSubmit=${(event) => event.preventDefault()}>
      <div class="search-field">
        <${Icon} name="search" />
        <input type="search" id="buscar" ref=${search} onInput=${type} aria-label=${t('list.search')} autocomplete="off"
          spellcheck=${false} maxlength="200" placeholder=${t('list.search.hint')} />
      </div>
      <${Select} aria-label=${t('list.filter')} value=${chosen} choose=${(posicion) => apply({ posicion })}
        options=${[['', t('list.everyPosition')], ...choices]} />
      <${Select} class="order-field" aria-label=${t('list.order')} value=${orderOf(query)}
        choose=${(orden) => apply({ orden })} options=${sortable.flatMap(orders)} />
    </form>`;
}

function nothing(query) {
  if (query.get('q') || query.get('posicion')) {
    return html`
      <${Empty} title=${t('list.noMatch.title')} text=${t('list.noMatch.text')}>
        <${LinkButton} href=${address('empleados', filtered(query, { q: '', posicion: '' }))}>${t('list.noMatch.clear')}<//>
      <//>`;
  }
  return html`
    <${Empty} title=${t('list.empty.title')} text=${may('write') ? t('list.empty.text') : ''}>
      ${may('write') && html`<${NewLink} />`}
      ${may('import') && html`<${LinkButton} icon="upload" href=${address('importar')}>${t('list.import')}<//>`}
    <//>`;
}

/** On narrow screens the table is not displayed as one, and would not be one to a screen reader: hence the roles. */
const Table = ({ rows, query, selected }) => html`
  <table class="employees" role="table" aria-label=${t('view.empleados')}>
    <thead role="rowgroup">
      <tr role="row">
        ${visibleFields().map((field) => columnHeading(field, orderOf(query)))}
        ${may('write') && html`
          <th role="columnheader" scope="col" class="column-actions">
            <span class="visually-hidden">${t('list.actions')}</span>
          </th>`}
      </tr>
    </thead>
    <tbody role="rowgroup">
      ${rows.map((row) => html`
        <${Row} key=${row.id} row=${row} query=${query} isSelected=${String(row.id) === selected} />`)}
    </tbody>
  </table>`;

function columnHeading({ name, isSortable }, order) {
  const label = t(`field.${name}`);
  const direction = order === name ? 'ascending' : order === `-${name}` ? 'descending' : null;
  const sort = () => apply({ orden: direction === 'ascending' ? `-${name}` : name });
  return html`
    <th role="columnheader" scope="col" class=${`column-${name}`} aria-sort=${direction}>
      ${isSortable
        ? html`
          <button type="button" class="sort" onClick=${sort}>
            ${label}<span class="sort-mark" aria-hidden="true">${direction === 'descending' ? '↓' : '↑'}</span>
          </button>`
        : label}
    </th>`;
}

/** The whole row is a target for the mouse, unless text is being selected. */
function Row({ row, query, isSelected }) {
  const at = (kind) => address('empleados', listPart(query), { kind, id: String(row.id) });
  const open = (event) => {
    // The path, not the target's ancestors: a button's own handler may have drawn the row again by now.
    const isOnControl = event.composedPath().some((node) => node instanceof Element && node.matches('a, button'));
    if (!isOnControl && !getSelection()?.toString()) go(at('ver'));
  };
  const cells = visibleFields().map(({ name, kind }, index) => {
    const text = show({ kind }, row[name]);
    return html`
      <td role="cell" class=${`column-${name}`} title=${kind === 'text' || kind === 'email' ? text : undefined}>
        ${index === 0 ? html`<a href=${at('ver')}>${text}</a>` : text}
      </td>`;
  });
  const leaving = isLeaving(row.id);
  return html`
    <tr role="row" class=${leaving ? 'leaving' : undefined} data-selected=${isSelected ? '' : null} onClick=${open}>
      ${cells}
      ${may('write') && html`
        <td role="cell" class="column-actions"><div class="row-actions">${actions(row, leaving, at('editar'))}</div></td>`}
    </tr>`;
}

/** The button that deletes becomes the one that undoes it, and keeps the focus. */
const actions = (row, leaving, edit) =>
  leaving
    ? [
      html`
        <button type="button" class="quiet" key="delete" onClick=${() => keep(row.id)}>
          ${t('undo')}<span class="visually-hidden">: ${row.nombre}</span>
        </button>`,
    ]
    : [
      html`
        <a class="icon-button" key="edit" href=${edit} title=${t('edit')} aria-label=${t('list.edit', { name: row.nombre })}>
          <${Icon} name="edit" />
        </a>`,
      html`
        <button type="button" class="icon-button" key="delete" title=${t('delete')} onClick=${() => removeSoon(row)}
          aria-label=${t('list.delete', { name: row.nombre })}><${Icon} name="trash" /></button>`,
    ];

/**
 * Keyset pages have no numbers: the cursors that led here are kept in the history entry, so that "previous" works, even
 * after a reload.
 */
function Pager({ query, size, next }) {
  const cursor = query.get('cursor') ?? '';
  const trail = cursor ? currentTrail() : [];
  const turn = (target, newTrail) => {
    const changed = filtered(query, {});
    if (target) changed.set('cursor', target);
    go(address('empleados', changed, currentRoute().panel), { trail: newTrail });
  };
  const isLost = cursor !== '' && trail.length === 0; // the address was opened by itself
  const back = () => (isLost ? turn('', []) : turn(trail[trail.length - 1], trail.slice(0, -1)));
  const from = trail.length * PAGE_SIZE + 1;
  return html`
    <nav class="pager" aria-label=${t('list.pages')}>
      <${Button} icon="previous" disabled=${cursor === ''} onClick=${back}>
        ${t(isLost ? 'list.firstPage' : 'list.previous')}
      <//>
      <span>${isLost ? t('list.shown', { n: size }) : t('list.range', { from, to: from + size - 1 })}</span>
      <${Button} disabled=${next === null} onClick=${() => turn(next, [...trail, cursor])}>
        ${t('list.next')}<${Icon} name="next" />
      <//>
    </nav>`;
}
