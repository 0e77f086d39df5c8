/** Search and filters of the list. */

import { FIELDS, isCalendarDay, label, read, type, visibleFields } from './fields.js';
import { Icon, Menu, Select } from './parts.js';
import { address, currentRoute, go, places } from './router.js';
import { FILTERS, filtersOf, listPart, orderOf } from './rows.js';
import { t } from './texts.js';
import { html, useEvent, useId, useLayoutEffect, useRef, useState } from './view.js';

const TYPING_PAUSE_MS = 150;
/** Filters from one value to another, by the field they compare. */
const RANGES = { contratado: 'fecha_contratacion', salario: 'salario' };

/** The list's address with other filters, another order, or another page than its first. */
export const filtered = (query, changed) =>
  listPart(new URLSearchParams({ ...Object.fromEntries(query), cursor: '', desde: '', fin: '', ...changed }));

export function apply(changed, replace = false) {
  const { query, panel } = currentRoute();
  go(address('empleados', filtered(query, changed), panel), { replace });
}

export const withoutFilters = (query) =>
  address('empleados', filtered(query, Object.fromEntries(FILTERS.map((name) => [name, '']))));

/** Searches while one types. `enter` is called when Enter ends a search. */
export function SearchField({ label: name, hint, value, seek, enter }) {
  const search = useRef(null);
  /** Set while what was typed waits to be searched. */
  const typing = useRef(undefined);
  useLayoutEffect(() => {
    if (!typing.current && search.current.value.trim() !== value) search.current.value = value;
  });
  const stop = () => {
    clearTimeout(typing.current);
    typing.current = undefined;
  };
  useEvent(places, 'change', stop);
  const seekNow = () => {
    stop();
    const sought = search.current.value.trim();
    if (sought !== value) seek(sought);
  };
  const type = () => {
    stop();
    typing.current = setTimeout(seekNow, TYPING_PAUSE_MS);
  };
  const press = (event) => {
    if (event.key === 'Enter') {
      seekNow();
      enter?.();
    } else if (event.key === 'ArrowDown') document.querySelector('.view tbody a')?.focus();
    else return;
    event.preventDefault();
  };
  return html`
    <div class="search-field">
      <${Icon} name="search" />
      <input type="search" id="buscar" ref=${search} onInput=${type} onKeyDown=${press} aria-label=${name} autocomplete="off"
        spellcheck=${false} maxlength="200" placeholder=${hint} enterkeyhint="search" />
    </div>`;
}

export const filtersLabel = (n) => `${t('list.filters')}${n > 0 ? ` (${n})` : ''}`;

export function Toolbar({ query, positions, enter }) {
  const chosen = query.get('posicion') ?? '';
  const named = positions.map(({ posicion, empleados }) => [posicion, `${posicion} (${empleados})`]);
  // A position of the address may have no employees any more, and is still what the list is filtered by.
  if (chosen && !positions.some(({ posicion }) => posicion === chosen)) named.push([chosen, chosen]);
  named.sort(([one], [other]) => one.localeCompare(other));
  const sortable = visibleFields().filter(({ isSortable }) => isSortable);
  const orders = ({ name }) => [[name, `${t(`field.${name}`)} ↑`], [`-${name}`, `${t(`field.${name}`)} ↓`]];
  const ranges = Object.entries(RANGES).filter(([, name]) => visibleFields().some((field) => field.name === name));
  const n = Object.keys(filtersOf(query)).filter((name) => name.includes('_')).length;
  return html`
    <form class="toolbar" role="search" onSubmit=${(event) => event.preventDefault()}>
      <${SearchField} label=${t('list.search')} hint=${t('list.search.hint')} value=${query.get('q') ?? ''}
        seek=${(q) => apply({ q }, true)} enter=${enter} />
      <${Select} aria-label=${t('list.filter')} value=${chosen} choose=${(posicion) => apply({ posicion })}
        options=${[['', t('list.everyPosition')], ...named]} />
      <${Menu} icon="filter" label=${filtersLabel(n)}>
        ${ranges.map(([range, name]) => html`<${Range} range=${range} name=${name} query=${query} />`)}
        <${Select} class="order-field" aria-label=${t('list.order')} value=${orderOf(query)}
          choose=${(orden) => apply({ orden })} options=${sortable.flatMap(orders)} />
        ${n > 0 && html`<a class="button quiet" href=${withoutFilters(query)}>${t('list.noMatch.clear')}</a>`}
      <//>
    </form>`;
}

function Range({ range, name, query }) {
  const field = FIELDS.find((each) => each.name === name);
  const bound = (end) => html`
    <${Bound} key=${end} title=${t(`list.${end}`)} field=${field} known=${query.get(`${range}_${end}`) ?? ''}
      choose=${(value) => apply({ [`${range}_${end}`]: value })} />`;
  return html`<fieldset class="range"><legend>${label(field)}</legend>${['desde', 'hasta'].map(bound)}</fieldset>`;
}

export function Bound({ title, field, known, choose }) {
  const id = useId();
  const [isWrong, setWrong] = useState(false);
  const change = ({ target }) => {
    const value = read(field, target.value);
    const isGood = value === null || (field.kind === 'date' ? isCalendarDay(value) : typeof value === 'number');
    setWrong(!isGood);
    if (isGood && String(value ?? '') !== known) choose(String(value ?? ''));
  };
  return html`
    <div class="field">
      <label for=${id}>${title}</label>
      <p class="field-error" id=${`${id}-error`} hidden=${!isWrong}>${t(`filter.wrong.${field.kind}`)}</p>
      <input id=${id} key=${known} defaultValue=${type(field, field.kind === 'money' && known ? Number(known) : known)} onChange=${change}
        placeholder=${t(`format.${field.kind}`)} aria-invalid=${isWrong ? 'true' : null} aria-describedby=${`${id}-error`}
        inputmode=${field.kind === 'money' ? 'decimal' : null} autocomplete="off" />
    </div>`;
}
