/** The import of a file, step by step: file, columns, review, result. It goes on while other views are looked at. */

import './view_texts.js';
import { newId } from './api.js';
import { FileUnusable } from './csv.js';
import { downloadTable } from './export.js';
import { FIELDS } from './fields.js';
import { count } from './format.js';
import { MAX_ROWS, isOpen, missingFields, openSource, proposePlan, unusedColumns } from './import_file.js';
import { PlanStep } from './import_plan.js';
import { ReviewStep } from './import_review.js';
import { ResultStep, loadRun, work } from './import_run.js';
import { Button, Icon, ViewHeading } from './parts.js';
import { isEnding } from './session.js';
import { Alert } from './states.js';
import { t } from './texts.js';
import { html, useChanges, useEvent, useLayoutEffect, useState } from './view.js';

const STEPS = ['file', 'columns', 'review', 'result'];
const TYPES = '.csv,.tsv,.txt,.xlsx,text/csv,text/plain';
const EXAMPLE = ['Ana Pérez', 'ana.perez@example.com', 'Analista', 5000.5, '2026-11-24'];

const BEGINNING = { step: 'file', source: null, plan: null, run: null };
/** Outlives the view. */
const current = { ...BEGINNING };
const store = new EventTarget();

function change(changed) {
  Object.assign(current, changed);
  store.dispatchEvent(new Event('change'));
}

export default function Importer() {
  const [problem, setProblem] = useState(null);
  const { step, source, plan, run } = current;
  useChanges(store);
  useEvent(window, 'beforeunload', (event) => run && run.state !== 'over' && !isEnding() && event.preventDefault());
  useLayoutEffect(() => {
    // What another visit began comes first.
    if (step === 'file') loadRun().then((found) => found && change({ run: { ...found, state: 'paused', error: null }, step: 'result' }));
  }, []);

  /** What can go wrong with a file is shown above the step. */
  const attempt = async (name, act) => {
    setProblem(null);
    try {
      change(await act());
    } catch (error) {
      if (error instanceof FileUnusable) setProblem(html`<${Unusable} name=${name} error=${error} />`);
      else throw error;
    }
  };
  const take = (file) => file && attempt(file.name, async () => {
    const opened = await openSource(file);
    const proposed = await proposePlan(opened);
    const isChoice = opened.encodings.length > 1 || proposed.sheets.length > 1;
    const hasDoubts = isChoice || isOpen(proposed) || missingFields(proposed).length + unusedColumns(proposed).length > 0;
    return { source: opened, plan: proposed, step: hasDoubts ? 'columns' : 'review' };
  });
  const reread = (choice) => attempt(source.name, async () => ({ plan: await proposePlan(source, choice) }));
  const replan = (act) => attempt(source.name, async () => ({ plan: act(plan) }));
  const begin = (batch) => {
    const started = { id: newId(), name: source.name, origin: 'importacion', answers: [], ...batch };
    change({ run: started, step: 'result' });
    work(started, 'running', change);
  };
  /** What is being written is finished before it stops. */
  const proceed = (state) => (run.state === 'running' ? change({ run: Object.assign(run, { state }) }) : work(run, state, change));
  const again = () => change(BEGINNING);

  return html`
    <${ViewHeading} title=${t('view.importar')} />
    <div class="import">
      <ol class="steps">
        ${STEPS.map((name) => html`<li key=${name} aria-current=${name === step ? 'step' : null}>${t(`import.step.${name}`)}</li>`)}
      </ol>
      ${problem}
      ${step === 'file' && html`<${FileStep} take=${take} />`}
      ${step === 'columns' && html`
        <${PlanStep} source=${source} plan=${plan} replan=${replan} reread=${reread} again=${again}
          next=${() => change({ step: 'review' })} />`}
      ${step === 'review' && html`
        <${ReviewStep} key=${source} source=${source} plan=${plan} begin=${begin} again=${again}
          edit=${(edits) => change({ plan: { ...current.plan, edits } })} back=${() => change({ step: 'columns' })} />`}
      ${step === 'result' && html`<${ResultStep} run=${run} proceed=${proceed} again=${again} />`}
    </div>`;
}

function FileStep({ take }) {
  const [isOver, setOver] = useState(false);
  const choose = ({ target }) => {
    take(target.files[0]);
    target.value = ''; // the same file can be chosen again after a correction
  };
  const drag = (event) => {
    event.preventDefault();
    setOver(event.type === 'dragenter' || event.type === 'dragover');
    if (event.type === 'drop') take(event.dataTransfer?.files[0]);
  };
  const example = () => downloadTable('xlsx', t('import.example.name'), FIELDS, [EXAMPLE]);
  return html`
    <div class=${`drop-zone ${isOver ? 'over' : ''}`} onDragEnter=${drag} onDragOver=${drag} onDragLeave=${drag} onDrop=${drag}>
      <${Icon} name="upload" />
      <p><strong>${t('import.drop')}</strong></p>
      <input type="file" id="archivo" class="visually-hidden" accept=${TYPES} onChange=${choose} />
      <label class="button primary" for="archivo">${t('import.choose')}</label>
      <p class="muted">${t('import.limit', { limit: count(MAX_ROWS) })}</p>
    </div>
    <section class="card">
      <p>${t('import.help', { columns: FIELDS.map(({ name }) => t(`field.${name}`)).join(', ') })}</p>
      <${Button} icon="download" onClick=${example}>${t('import.example')}<//>
    </section>`;
}

function Unusable({ name, error: { rule, values } }) {
  const words = Object.entries(values).map(([key, value]) => [key, typeof value === 'number' ? count(value) : value]);
  return html`
    <${Alert}><h2>${t('import.unusable', { name })}</h2><p>${t(rule, Object.fromEntries(words))}</p><//>`;
}
