/** Views without content: waiting, empty, failed. */

import { Button, Icon } from './parts.js';
import { t } from './texts.js';
import { html, useEvent } from './view.js';

/** Grey lines where text will be. */
export const Skeleton = ({ lines }) => html`
  <div class="skeleton">
    <span class="visually-hidden">${t('loading')}</span>
    ${Array.from({ length: lines }, () => html`<span class="skeleton-line" />`)}
  </div>`;

/** `title` is empty where the panel's heading says it. */
export const Empty = ({ title = '', text, children }) => html`
  <div class="state">${title && html`<h2>${title}</h2>`}<p>${text}</p><div class="actions">${children}</div></div>`;

/** What failed. */
export const Alert = ({ children }) => html`
  <div class="state bad" role="alert"><${Icon} name="warning" />${children}</div>`;

/** What went wrong and what to do. `retry` is also called when the network returns. */
export function Failure({ error, retry }) {
  useEvent(window, 'online', () => error.kind === 'silence' && retry?.());
  const isHopeless = error.isNotSignedIn || error.isForbidden;
  return html`
    <${Alert}>
      <${Explanation} error=${error} retry=${retry} />
      ${retry && !isHopeless && html`<${Button} icon="refresh" onClick=${retry}>${t('retry')}<//>`}
    <//>`;
}

/** What was loaded, or that it is on its way, or why not. `children` is a function of what was loaded. */
export function Loaded({ from: { data, error, reload }, lines, children }) {
  if (error) return html`<${Failure} error=${error} retry=${reload} />`;
  return data === undefined ? html`<${Skeleton} lines=${lines} />` : children(data);
}

/** The server's words or else ours. `retry` is called once the person has signed in, if that is what was missing. */
export function Explanation({ error, retry }) {
  const { title, detail } = words(error);
  const signIn = async () => {
    const { askToSignIn } = await import('./sign_in.js');
    if (await askToSignIn()) retry?.();
  };
  return html`
    <h2>${title}</h2>
    <p>${[detail, advice(error)].filter(Boolean).join(' ')}</p>
    ${error.isNotSignedIn && html`<${Button} class="primary" icon="enter" onClick=${signIn}>${t('signIn')}<//>`}
    ${error.requestId && html`<p>${t('error.requestId')} <code>${error.requestId}</code></p>`}`;
}

function words(error) {
  if (error.kind === 'problem') return { title: error.title || t('error.title'), detail: error.detail };
  const key = error.kind === 'unreadable' ? 'unreadable' : navigator.onLine ? 'silence' : 'offline';
  return { title: t(`error.${key}.title`), detail: t(`error.${key}.detail`, { status: error.status }) };
}

function advice(error) {
  if (error.kind !== 'problem') return '';
  if (error.isForbidden) return t('error.forbidden');
  if (error.retryAfter) return t('error.retryAfter', { seconds: error.retryAfter });
  if (error.isTemporary) return t('error.temporary');
  return error.status >= 500 ? t('error.report') : '';
}

export function sentence(error) {
  const { title, detail } = words(error);
  return [title, detail].filter(Boolean).join('. ').replaceAll('..', '.');
}
