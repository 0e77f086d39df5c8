/** The e-mails of the directory: those that did not arrive, or the last ones in any state. */

import { MailState, reason } from './activity.js';
import { page } from './api.js';
import { dateTime } from './format.js';
import { Empty, Loaded, OWN, PlainTable, Select, ViewHeading } from './parts.js';
import { address, go } from './router.js';
import { PROBLEMS } from './rows.js';
import { html, useResource } from './view.js';
import { t } from './view_texts.js';

const STATES = ['pendiente', 'enviando', 'incierto', 'enviado', 'entregado', 'rebotado', 'queja', 'fallido'];
const ALL = 'todos';

export default function Mails({ route }) {
  const state = route.query.get('estado') ?? '';
  const estado = state === ALL ? '' : state || PROBLEMS;
  const mails = useResource((signal) => page('/correos', { estado }, signal), [state]);
  const options = [['', t('mails.problems')], [ALL, t('mails.all')], ...STATES.map((one) => [one, t(`mail.${one}`)])];
  return html`
    <${ViewHeading} title=${t('view.correos')}>
      <${Select} aria-label=${t('mails.filter')} value=${state} options=${options}
        choose=${(chosen) => go(address('correos', chosen ? { estado: chosen } : {}))} />
    <//>
    <${Loaded} from=${mails} lines=${6}>${({ rows }) =>
      rows.length > 0 ? mailTable(rows) : html`<${Empty} title=${t(state ? 'mails.none' : 'mails.noProblems')} text="" />`}<//>`;
}

function mailTable(mails) {
  const columns = ['mails.when', 'mails.to', 'mails.subject', 'mails.state'].map((key) => ({ title: t(key) }));
  const rows = mails.map(({ creado_en, destinatario, asunto, empleado, estado, motivo }) => [
    html`<time datetime=${creado_en}>${dateTime(creado_en)}</time>`,
    html`<span ...${OWN}>${destinatario ?? t('erased')}</span>`,
    empleado
      ? html`<a href=${address('empleados', {}, { kind: 'ver', id: String(empleado) })} ...${OWN}>${asunto ?? t('erased')}</a>`
      : (asunto ?? t('erased')),
    html`<${MailState} state=${estado} />${motivo && html`<span class="muted"> ${reason(motivo)}</span>`}`,
  ]);
  return html`<${PlainTable} label=${t('view.correos')} columns=${columns} rows=${rows} />`;
}
