/** The rows of the list: what each shows, and how mouse and keyboard use it. */

import { count, label, show, visibleFields } from './fields.js';
import { Button, Icon, IconButton, OWN } from './parts.js';
import { remove } from './removal.js';
import { address, go } from './router.js';
import { listPart, orderOf } from './rows.js';
import { may } from './session.js';
import { t } from './texts.js';
import { apply } from './toolbar.js';
import { html, useRef, useState } from './view.js';

/** On narrow screens the table is not displayed as one, and would not be one to a screen reader: hence the roles. */
export const Table = ({ rows, query, selected, picked }) => html`
  <table class="employees" role="table" aria-label=${t('view.empleados')}>
    <thead role="rowgroup">
      <tr role="row">
        <th role="columnheader" scope="col" class="column-pick">
          <input type="checkbox" aria-label=${t('pick.page')} checked=${rows.every(({ id }) => picked.has(id))}
            onChange=${({ target }) => picked.choose(rows, target.checked)} />
        </th>
        ${visibleFields().map((field) => columnHeading(field, orderOf(query)))}
        ${may('write') && html`
          <th role="columnheader" scope="col" class="column-actions">
            <span class="visually-hidden">${t('list.actions')}</span>
          </th>`}
      </tr>
    </thead>
    <tbody role="rowgroup" onKeyDown=${moveFocus}>
      ${rows.map((row) => html`
        <${Row} key=${row.id} row=${row} query=${query} isSelected=${String(row.id) === selected}
          isPicked=${picked.has(row.id)} pick=${(event) => picked.choose([row], event.target.checked, event.shiftKey ? rows : [])} />`)}
    </tbody>
  </table>`;

function columnHeading(field, order) {
  const { name, isSortable } = field;
  const direction = order === name ? 'ascending' : order === `-${name}` ? 'descending' : null;
  const sort = () => apply({ orden: direction === 'ascending' ? `-${name}` : name });
  return html`
    <th role="columnheader" scope="col" class=${`column-${name}`} aria-sort=${direction}>
      ${isSortable
        ? html`
          <button type="button" class="sort" onClick=${sort}>
            ${label(field)}<span class="sort-mark" aria-hidden="true">${direction === 'descending' ? '↓' : '↑'}</span>
          </button>`
        : label(field)}
    </th>`;
}

/** A row is one stop of the tabulator; arrows go through its controls, and to the same control of the next row. */
function moveFocus(event) {
  const stopsOf = (row) => [...(row?.querySelectorAll('a, button, input') ?? [])].filter((stop) => stop.checkVisibility());
  const row = event.target.closest('tr');
  const stops = stopsOf(row);
  const at = stops.indexOf(event.target);
  const inRow = (other) => stopsOf(other)[at] ?? stopsOf(other)[0];
  const target = {
    ArrowRight: () => stops[at + 1],
    ArrowLeft: () => stops[at - 1],
    ArrowDown: () => inRow(row.nextElementSibling),
    ArrowUp: () => inRow(row.previousElementSibling) ?? document.getElementById('buscar'),
    Home: () => inRow(row.parentElement.firstElementChild),
    End: () => inRow(row.parentElement.lastElementChild),
  }[event.key]?.();
  if (!target) return;
  event.preventDefault();
  target.focus();
}

/** The whole row is a target for the mouse, unless text is being selected. */
function Row({ row, query, isSelected, isPicked, pick }) {
  const at = (kind) => address('empleados', listPart(query), { kind, id: String(row.id) });
  const open = (event) => {
    // The path, not the target's ancestors: a button's own handler may have drawn the row again by now.
    const isOnControl = event.composedPath().some((node) => node instanceof Element && node.matches('a, button, .column-pick'));
    if (!isOnControl && !getSelection()?.toString()) go(at('ver'));
  };
  const cells = visibleFields().map(({ name, kind }, index) => {
    const text = show({ kind }, row[name]);
    const own = kind === 'text' || kind === 'email' ? { ...OWN, title: text } : {};
    return html`
      <td role="cell" class=${`column-${name}`} ...${own}>${index === 0 ? html`<a href=${at('ver')}>${text}</a>` : text}</td>`;
  });
  return html`
    <tr role="row" class=${isPicked ? 'picked' : ''} data-selected=${isSelected ? '' : null} onClick=${open}>
      <td role="cell" class="column-pick">
        <input type="checkbox" tabindex="-1" checked=${isPicked} onClick=${pick} aria-label=${t('pick.row', { name: row.nombre })} />
      </td>
      ${cells}
      ${may('write') && html`
        <td role="cell" class="column-actions">
          <div class="row-actions">
            <a class="icon-button" href=${at('editar')} title=${t('edit')} tabindex="-1"
              aria-label=${t('list.edit', { name: row.nombre })}><${Icon} name="edit" /></a>
            <button type="button" class="icon-button" title=${t('delete')} tabindex="-1" onClick=${() => remove(row)}
              aria-label=${t('list.delete', { name: row.nombre })}><${Icon} name="trash" /></button>
          </div>
        </td>`}
    </tr>`;
}

const nothing = (filters) => ({ filters, rows: new Map(), isWhole: false });

/** The choice ends with other filters. */
export function usePicked(filters) {
  const [state, setState] = useState(nothing(filters));
  const { rows, isWhole } = state.filters === filters ? state : nothing(filters);
  const last = useRef(null);
  const clear = () => setState(nothing(filters));
  /** `among`: rows in their order, of which those between this one and the one before are meant. */
  const choose = (chosen, isOn, among = []) => {
    const [at, from] = [chosen[0], last.current].map((row) => among.findIndex(({ id }) => id === row?.id));
    const meant = from >= 0 ? among.slice(Math.min(at, from), Math.max(at, from) + 1) : chosen;
    const changed = new Map(rows);
    for (const row of meant) isOn ? changed.set(row.id, row) : changed.delete(row.id);
    last.current = chosen.at(-1);
    setState({ filters, rows: changed, isWhole: false });
  };
  const bar = (query, total) => {
    if (rows.size === 0) return null;
    const n = isWhole ? total.total : rows.size;
    const run = (action) => async () => {
      const bulk = await import('./bulk.js');
      if (await bulk[action](isWhole ? query : [...rows.values()], n)) clear();
    };
    return html`
      <section class="selection" aria-label=${t('pick.title')}>
        <strong>${t('pick.n', { n, count: count(n) })}</strong>
        ${!isWhole && total?.total > rows.size && html`
          <${Button} class="quiet" onClick=${() => setState({ filters, rows, isWhole: true })}>
            ${t('pick.whole', { total: count(total.total) })}
          <//>`}
        <div class="actions">
          ${may('write') && html`<${Button} icon="edit" onClick=${run('changePosition')}>${t('pick.position')}<//>`}
          <${Button} icon="mail" onClick=${run('writeTo')}>${t('pick.mail')}<//>
          <${Button} icon="download" onClick=${run('exportPicked')}>${t('list.export')}<//>
          ${may('write') && html`<${Button} class="danger" icon="trash" onClick=${run('remove')}>${t('delete')}<//>`}
          <${IconButton} icon="close" label=${t('pick.clear')} onClick=${clear} />
        </div>
      </section>`;
  };
  return { has: (id) => isWhole || rows.has(id), choose, bar };
}
