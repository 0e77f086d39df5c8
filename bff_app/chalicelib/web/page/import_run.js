/**
 * The last step of the import: writes the rows, shows how far it is and what came of it, and leads back. What is left is
 * kept in this browser, so that it goes on after the tab was closed.
 */

import { rowsChanged } from './api.js';
import { closeBatch, sendBatch } from './batches.js';
import { undoBatch } from './bulk.js';
import { announce } from './focus.js';
import { count } from './format.js';
import { ApiError } from './http.js';
import { StepHeading, downloadRejected } from './import_review.js';
import { Button, Facts, LinkButton } from './parts.js';
import { address } from './router.js';
import { currentSession } from './session.js';
import { Alert, Explanation, sentence } from './states.js';
import { t } from './texts.js';
import { html, useId, useLayoutEffect, useState } from './view.js';

/** session.js deletes it when the person signs out: it holds salaries. */
const STORE = 'importaciones';
const LIFE_MS = 86_400_000;

/** Without storage an import runs all the same. */
const use = async (act) => {
  try {
    return await act(await caches.open(STORE), `/importacion?${new URLSearchParams({ de: currentSession()?.usuario })}`);
  } catch {
    return undefined;
  }
};

const drop = () => use((store, place) => store.delete(place));

const keep = (run) =>
  use((store, place) => store.put(place, new Response(JSON.stringify({ ...run, keptAt: Date.now() }))));

/** This person's unfinished import, for a day. */
export async function loadRun() {
  const run = await use(async (store, place) => (await store.match(place))?.json());
  if (run && Date.now() - run.keptAt < LIFE_MS) return run;
  await drop();
  return null;
}

/**
 * Begin, go on after a pause, or with the state `stopping` end it: the rest stays unwritten. `show` is called at every step.
 * Two tabs do no harm: they send the same steps under the same keys.
 */
export async function work(run, state, show) {
  const change = (next, error = null) => {
    Object.assign(run, { state: next, error });
    show();
  };
  change(state);
  try {
    await sendBatch(run, async () => {
      await keep(run);
      show();
      return run.state === 'running';
    });
    if (run.answers.length > 0) await closeBatch(run.id, run.isMailed);
    await drop();
    change('over');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    change('paused', error);
  }
  rowsChanged();
}

/** By the server's answer, in the order of the result. */
const OUTCOMES = new Map([[201, 'created'], [200, 'updated'], [409, 'present'], [412, 'outdated'], [404, 'gone'], [422, 'refused']]);
const WRITTEN = ['created', 'updated'];

/** `proceed` with the state `running` or `stopping`. */
export function ResultStep({ run, proceed, again }) {
  const id = useId();
  const { name, state, error, operations, answers } = run;
  useLayoutEffect(() => error && announce(sentence(error)), [error]);
  if (state === 'over') return html`<${Result} run=${run} again=${again} />`;
  return html`
    <div class="import-progress">
      <${StepHeading}>${name}<//>
      <progress max=${operations.length} value=${answers.length} aria-labelledby=${id} />
      <p id=${id}>${t('import.progress', { done: count(answers.length), total: count(operations.length) })}</p>
      ${error && html`<${Alert}><${Explanation} error=${error} /><//>`}
      ${state === 'paused' && html`<p>${t('import.paused')}</p>`}
      <div class="actions">
        ${state === 'paused' && html`
          <${Button} class="primary" icon="refresh" onClick=${() => proceed('running')}>${t('import.goOn')}<//>`}
        <${Button} disabled=${state === 'stopping'} onClick=${() => proceed('stopping')}>${t('import.stop')}<//>
      </div>
    </div>`;
}

function Result({ run, again }) {
  const [isUndone, setUndone] = useState(false);
  const lines = run.operations.map((operation, at) => ({ ...operation, ...outcomeOf(run.answers[at]) }));
  const of = Object.groupBy([...run.rejected, ...lines], ({ outcome = 'refused' }) => outcome);
  const rejected = [...run.rejected, ...lines.filter(({ outcome }) => !WRITTEN.includes(outcome))].sort((a, b) => a.line - b.line);
  const shown = [...OUTCOMES.values(), 'unwritten'].filter((outcome) => of[outcome] || WRITTEN.includes(outcome));
  return html`
    <${StepHeading}>${t(of.unwritten ? 'import.stopped' : 'import.done')}<//>
    <${Facts} class="tiles" facts=${shown.map((outcome) => [t(`import.outcome.${outcome}`), count(of[outcome]?.length ?? 0)])} />
    <div class="actions">
      <${LinkButton} class="primary" href=${address('empleados')}>${t('import.toList')}<//>
      ${rejected.length > 0 && html`
        <${Button} icon="download" onClick=${() => downloadRejected(rejected)}>${t('import.rejected.download')}<//>`}
      ${!isUndone && WRITTEN.some((outcome) => of[outcome]) && html`
        <${Button} icon="undo" onClick=${async () => setUndone(await undoBatch(run.id))}>${t('import.undo')}<//>`}
      <${Button} onClick=${again}>${t('import.other')}<//>
    </div>`;
}

/** What came of an operation; without an answer it was not sent. */
function outcomeOf({ estado, errores = [] } = {}) {
  const outcome = OUTCOMES.get(estado) ?? 'unwritten';
  return { outcome, words: errores.map(({ mensaje }) => mensaje).join(' ') || t(`import.outcome.${outcome}`) };
}
