/** Which rows of the list are chosen: some of them, also on several pages, or all that the filters find. */

import { count } from './format.js';
import { Button, IconButton } from './parts.js';
import { may } from './session.js';
import { t } from './texts.js';
import { html, useRef, useState } from './view.js';

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
