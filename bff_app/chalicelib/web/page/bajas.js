/** The people who were deleted, until their data is erased: found, looked at and restored. */

import { page } from './api.js';
import { day } from './fields.js';
import { Button, Empty, LinkButton, Loaded, OWN, PlainTable, ViewHeading } from './parts.js';
import { restore } from './removal.js';
import { address, go } from './router.js';
import { SearchField } from './toolbar.js';
import { html, usePages } from './view.js';
import { t } from './view_texts.js';

export default function Leavers({ route }) {
  const q = route.query.get('q') ?? '';
  const { resource, more } = usePages((cursor, signal) => page('/bajas', { q, cursor }, signal), q);
  const seek = (sought) => go(address('bajas', sought ? { q: sought } : {}), { replace: true });
  const content = ({ rows, hasMore }) =>
    rows.length === 0
      ? html`<${Empty} title=${t(q ? 'list.noMatch.title' : 'leavers.empty.title')} text=${t('leavers.text')} />`
      : html`<${PlainTable} label=${t('view.bajas')} columns=${columns()} rows=${rows.map(cells)} />
        ${hasMore && html`<div class="pager"><${Button} onClick=${more}>${t('activity.more')}<//></div>`}`;
  return html`
    <${ViewHeading} title=${t('view.bajas')}>
      <${LinkButton} href=${address('empleados')}>${t('view.empleados')}<//>
    <//>
    <form class="toolbar" role="search" onSubmit=${(event) => event.preventDefault()}>
      <${SearchField} label=${t('leavers.search')} hint=${t('list.search.hint')} value=${q} seek=${seek} />
    </form>
    <${Loaded} from=${resource} lines=${8}>${content}<//>`;
}

const columns = () => [
  { title: t('field.nombre'), isHeading: true },
  { title: t('field.posicion') },
  { title: t('leavers.when') },
  { title: t('leavers.until') },
  { title: t('list.actions') },
];

const cells = (row) => [
  html`<a href=${address('empleados', {}, { kind: 'ver', id: String(row.id) })} ...${OWN}>${row.nombre}</a>`,
  html`<span ...${OWN}>${row.posicion}</span>`,
  day(row.baja_en.slice(0, 10)),
  day(row.borrado_previsto_en.slice(0, 10)),
  html`
    <${Button} class="quiet" icon="restore" onClick=${() => restore(row)}>
      ${t('leaver.restore')}<span class="visually-hidden"> ${t('leaver.whom', { name: row.nombre })}</span>
    <//>`,
];
