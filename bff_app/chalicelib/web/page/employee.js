/** One employee: the row, what can be done with it, and its history. */

import { History, WATCH_MS, useEvents } from './activity.js';
import { employeeEvents, get, getEmployee } from './api.js';
import { dateTime, label, show, visibleFields } from './fields.js';
import { toast } from './notices.js';
import { Button, Empty, Facts, IconButton, LinkButton, Loaded, OWN, Panel, closePanel, panelAddress } from './parts.js';
import { remove, restore } from './removal.js';
import { may } from './session.js';
import { html, useResource } from './view.js';
import { t } from './view_texts.js';

const orNull = (found) =>
  found.catch((error) => {
    if (error.status === 404) return null;
    throw error;
  });

/** The row, or that of a leaver, or the last event of a person whose data is erased: the history stays. */
async function find(id, signal) {
  const found = await orNull(getEmployee(id, signal));
  if (found) return { row: found.row };
  const leaver = may('write') ? await orNull(get(`/bajas/${id}`, signal)) : null;
  if (leaver) return { leaver };
  const events = await orNull(employeeEvents(id, '', signal));
  return { last: events?.rows[0] ?? null };
}

export default function EmployeePanel({ route }) {
  const { id } = (route.panel);
  const found = useResource((signal) => find(id, signal), [id]);
  const { row, leaver, last } = found.data ?? {};
  const title = found.data
    ? (row ?? leaver ?? last?.empleado ?? { nombre: t('employee.none.title') }).nombre ?? t('employee.erased', { id })
    : t('employee.title');
  const content = () => html`
    ${row ? details(row) : leaver ? goneDetails(leaver) : last ? html`<${Gone} ...${last.empleado} />` : missing(id)}
    ${(row ?? leaver ?? last) && html`<${HistorySection} id=${id} />`}`;
  return html`<${Panel} title=${title}><${Loaded} from=${found} lines=${8}>${content}<//><//>`;
}

const facts = (row) =>
  visibleFields()
    .slice(1)
    .map((field) => [
      label(field),
      field.kind === 'email'
        ? html`<${Email} email=${row[field.name]} />`
        : html`<span ...${OWN}>${show({ kind: field.kind }, row[field.name])}</span>`,
    ]);

function removeAndClose(row) {
  closePanel();
  remove(row);
}

const details = (row) => html`
  <${Facts} class="details" facts=${facts(row)} />
  ${may('confidential') && html`
    <p class="muted">${t('employee.changed', { when: dateTime(row.actualizado_en), id: row.id })}</p>`}
  ${may('write') && html`
    <div class="actions">
      <${LinkButton} class="primary" icon="edit" href=${panelAddress({ kind: 'editar', id: String(row.id) })}>${t('edit')}<//>
      <${Button} class="danger" icon="trash" onClick=${() => removeAndClose(row)}>${t('delete')}<//>
    </div>`}`;

const goneDetails = (leaver) => html`
  <div class="message warn">
    <p>${t('leaver.text', { when: dateTime(leaver.baja_en), until: dateTime(leaver.borrado_previsto_en) })}</p>
    <${Button} icon="restore" onClick=${() => restore(leaver)}>${t('leaver.restore')}<//>
  </div>
  <${Facts} class="details" facts=${facts(leaver)} />`;

function Email({ email }) {
  const copy = async () => {
    await navigator.clipboard.writeText(email);
    toast(t('employee.copied', { email }));
  };
  return html`
    <span class="email">
      <a href=${`mailto:${encodeURIComponent(email).replace('%40', '@')}`} ...${OWN}>${email}</a>
      ${navigator.clipboard && html`<${IconButton} icon="copy" label=${t('employee.copy')} title=${t('employee.copy')} onClick=${copy} />`}
    </span>`;
}

const missing = (id) => html`
  <${Empty} text=${t('employee.none.text', { id })}>
    <${LinkButton} href=${panelAddress(null)}>${t('lost.home')}<//>
  <//>`;

const Gone = ({ nombre }) => html`
  <${Empty} title=${t('employee.gone.title')} text=${t(nombre === null ? 'employee.erased.text' : 'employee.gone.text')} />`;

function HistorySection({ id }) {
  const ask = (cursor, signal) => employeeEvents(id, cursor, signal);
  const history = useEvents(ask, { empleado: id }, WATCH_MS);
  return html`
    <section class="history">
      <h3>${t('employee.history')}</h3>
      <${Loaded} from=${history.resource} lines=${4}>${() => html`<${History} ...${history} />`}<//>
    </section>`;
}
