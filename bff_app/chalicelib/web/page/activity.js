/** Everybody's history, newest first, day by day. */

import { everyEvent } from './api.js';
import { Button, LinkButton, ViewHeading } from './parts.js';
import { address } from './router.js';
import { Empty, Loaded } from './states.js';
import { t } from './texts.js';
import { Days, useEvents } from './timeline.js';
import { html } from './view.js';

/** The newest e-mails, enough for the events of the first pages. */
const MAILS = { limite: '200' };

export default function Activity() {
  const { resource, mails, more } = useEvents(everyEvent, MAILS);
  const content = ({ events, hasMore }) =>
    events.length > 0
      ? html`
        <${Days} events=${events} mails=${mails} />
        ${hasMore ? html`<${Button} onClick=${more}>${t('activity.more')}<//>` : html`<p class="muted">${t('activity.end')}</p>`}`
      : html`
        <${Empty} title=${t('activity.empty.title')} text=${t('activity.empty.text')}>
          <${LinkButton} href=${address('empleados')}>${t('view.empleados')}<//>
        <//>`;
  return html`
    <${ViewHeading} title=${t('view.actividad')}>
      <${Button} icon="refresh" onClick=${resource.reload}>${t('refresh')}<//>
    <//>
    <div class="activity"><${Loaded} from=${resource} lines=${10}>${content}<//></div>`;
}
