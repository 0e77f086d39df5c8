/** One employee: the row, what can be done with it, and its history. */

import { History, WATCH_MS, useEvents } from './activity.js';
import { employeeEvents, getEmployee } from './api.js';
import { loadDraft, saveDraft } from './draft.js';
import { show, visibleFields } from './fields.js';
import { dateTime } from './format.js';
import { Button, Facts, LinkButton, Panel, closePanel, panelAddress } from './parts.js';
import { removeSoon } from './removal.js';
import { may } from './session.js';
import { Empty, Loaded } from './states.js';
import { t } from './texts.js';
import { html, useResource } from './view.js';

const orNull = (found) =>
  found.catch((error) => {
    if (error.status === 404) return null;
    throw error;
  });

/** The row, or the last event of a person who is gone: the history stays. */
async function find(id, signal) {
  const found = await orNull(getEmployee(id, signal));
  if (found) return { row: found.row, last: null };
  const events = await orNull(employeeEvents(id, '', signal));
  return { row: null, last: (events?.rows[0] ?? null) };
}

export default function EmployeePanel({ route }) {
  const { id } = (route.panel);
  const found = useResource((signal) => find(id, signal), [id]);
  const { row, last } = found.data ?? {};
  const title = found.data
    ? (row ?? last?.empleado ?? { nombre: t('employee.none.title') }).nombre ?? t('employee.erased', { id })
    : t('employee.title');
  const content = () => html`
    ${row ? details(row) : last ? html`<${Gone} ...${last.empleado} />` : missing(id)}
    ${(row ?? last) && html`<${HistorySection} id=${id} />`}`;
  return html`<${Panel} title=${title}><${Loaded} from=${found} lines=${8}>${content}<//><//>`;
}

function details(row) {
  const values = row;
  const remove = () => {
    closePanel();
    removeSoon(row);
  };
  const facts = visibleFields()
    .slice(1)
    .map((field) => [
      t(`field.${field.name}`),
      field.kind === 'email' ? mailTo(values[field.name]) : show(field, values[field.name]),
    ]);
  return html`
    <${Facts} class="details" facts=${facts} />
    ${may('confidential') && html`
      <p class="muted">${t('employee.changed', { when: dateTime(row.actualizado_en), version: row.version })}</p>`}
    ${may('write') && html`
      <div class="actions">
        <${LinkButton} class="primary" icon="edit" href=${panelAddress({ kind: 'editar', id: String(row.id) })}>${t('edit')}<//>
        <${Button} class="danger" icon="trash" onClick=${remove}>${t('delete')}<//>
      </div>`}`;
}

const mailTo = (email) => html`<a href=${`mailto:${encodeURIComponent(email).replace('%40', '@')}`}>${email}</a>`;

const missing = (id) => html`
  <${Empty} text=${t('employee.none.text', { id })}>
    <${LinkButton} href=${panelAddress(null)}>${t('lost.home')}<//>
  <//>`;

function Gone({ nombre, email, posicion }) {
  const isKnown = nombre !== null && email !== null && posicion !== null;
  const mayCreate = isKnown && may('write');
  // What was begun before is not overwritten.
  const prepare = () => loadDraft('nuevo') ?? saveDraft('nuevo', { texts: { nombre, email, posicion }, base: null, etag: '' });
  const text = [t(isKnown ? 'employee.gone.text' : 'employee.erased.text'), mayCreate && t('employee.gone.again.text')];
  return html`
    <${Empty} title=${t('employee.gone.title')} text=${text.filter(Boolean).join(' ')}>
      ${mayCreate && html`
        <${LinkButton} href=${panelAddress({ kind: 'nuevo' })} onClick=${prepare}>${t('employee.gone.again')}<//>`}
    <//>`;
}

/** The history, and under each event the state of its e-mails. */
function HistorySection({ id }) {
  const ask = (cursor, signal) => employeeEvents(id, cursor, signal);
  const history = useEvents(ask, { empleado: id }, WATCH_MS);
  return html`
    <section class="history">
      <h3>${t('employee.history')}</h3>
      <${Loaded} from=${history.resource} lines=${4}>${() => html`<${History} ...${history} />`}<//>
    </section>`;
}
