/** The last step of the import: how far it is, what came of it, and the way back. */

import { undoBatch } from './batches.js';
import { ask } from './dialog.js';
import { announce } from './focus.js';
import { count } from './format.js';
import { ApiError } from './http.js';
import { StepHeading, number } from './import_parts.js';
import { downloadRejected } from './import_review.js';
import { Button, Facts, LinkButton } from './parts.js';
import { address } from './router.js';
import { Alert, Explanation, Failure, sentence } from './states.js';
import { t } from './texts.js';
import { html, useChanges, useId, useLayoutEffect, useState } from './view.js';

const OUTCOMES = ['created', 'updated', 'present', 'outdated', 'gone'];
const WRITTEN = ['created', 'updated'];

export function ResultStep({ run, again }) {
  const id = useId();
  useChanges(run);
  useLayoutEffect(() => run.error && announce(sentence(run.error)), [run.error]);
  if (run.isOver) return html`<${Result} run=${run} again=${again} />`;
  return html`
    <div class="import-progress">
      <${StepHeading}>${t('import.running')}<//>
      <progress max=${run.operations.length} value=${run.results.size} aria-labelledby=${id} />
      <p id=${id}>${t('import.progress', { done: count(run.results.size), total: count(run.operations.length) })}</p>
      ${run.error && html`<${Alert}><${Explanation} error=${run.error} /><p>${t('import.paused')}</p><//>`}
      <div class="actions">
        ${run.state === 'paused' && html`
          <${Button} class="primary" icon="refresh" onClick=${() => run.start()}>${t('import.goOn')}<//>`}
        <${Button} disabled=${run.state === 'stopping'} onClick=${() => run.stop()}>${t('import.stop')}<//>
      </div>
    </div>`;
}

function Result({ run, again }) {
  const [undone, setUndone] = useState(null);
  const [error, setError] = useState(null);
  const of = (outcome) => [...run.results.values()].filter((result) => result.outcome === outcome).length;
  const rejected = rejectedLines(run);
  const facts = OUTCOMES.filter((outcome) => of(outcome) > 0 || WRITTEN.includes(outcome)).map((outcome) => [outcome, of(outcome)]);
  const refused = of('refused') + run.rejected.length;
  if (refused > 0) facts.push(['refused', refused]);
  if (run.waiting.length > 0) facts.push(['unwritten', run.waiting.length]);
  const undo = async () => {
    const dialog = ask(t('import.undo'), html`<p>${t('import.undo.text')}</p>`, html`
      <button class="primary" value="undo">${t('import.undo')}</button><button value="">${t('cancel')}</button>`);
    if ((await dialog.answer) !== 'undo') return;
    try {
      setError(null);
      setUndone(await undoBatch(run.id));
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setError(failure);
    }
  };
  return html`
    <${StepHeading}>${t(run.state === 'done' ? 'import.done' : 'import.stopped')}<//>
    <${Facts} class="tiles" facts=${facts.map(([outcome, some]) => [t(`import.outcome.${outcome}`), count(some)])} />
    ${error && html`<${Failure} error=${error} retry=${undo} />`}
    ${undone && html`
      <p class="message good" role="status">
        ${number('import.undone', undone.undone)}
        ${undone.kept > 0 && ` ${t('import.undone.kept', { kept: count(undone.kept) })}`}
      </p>`}
    <div class="actions">
      <${LinkButton} class="primary" href=${address('empleados')}>${t('import.toList')}<//>
      ${rejected.length > 0 && html`
        <${Button} icon="download" onClick=${() => downloadRejected(rejected)}>${t('import.rejected.download')}<//>`}
      ${!undone && WRITTEN.some((outcome) => of(outcome) > 0) && html`
        <${Button} icon="undo" onClick=${undo}>${t('import.undo')}<//>`}
      <${Button} onClick=${again}>${t('import.other')}<//>
    </div>`;
}

/** All that is not in the directory now: not sent, refused, or not reached. */
function rejectedLines({ operations, results, rejected }) {
  const unwritten = operations.filter(({ line }) => !WRITTEN.includes(results.get(line)?.outcome));
  const lines = unwritten.map(({ line, cells, list, body }) => {
    const { outcome = 'unwritten', words = '' } = results.get(line) ?? {};
    return { line, cells, id: list === 'actualizar' ? body.id : null, words: words || t(`import.outcome.${outcome}`) };
  });
  return [...rejected, ...lines].sort((a, b) => a.line - b.line);
}
