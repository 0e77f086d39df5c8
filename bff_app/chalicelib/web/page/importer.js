/** The import of a file, step by step: file, columns, review, result. It goes on while other views are looked at. */

import { newId } from './api.js';
import { runBatch } from './batches.js';
import { undoBatch } from './bulk.js';
import { FileUnusable } from './csv.js';
import { downloadTable } from './export.js';
import { FIELDS, count } from './fields.js';
import { announce } from './focus.js';
import { MAX_ROWS, isOpen, missingFields, openSource, proposePlan, unusedColumns } from './import_file.js';
import { PlanStep } from './import_plan.js';
import { ReviewStep, StepHeading, downloadRejected } from './import_review.js';
import { Alert, Button, Explanation, Facts, Icon, LinkButton, ViewHeading, sentence } from './parts.js';
import { address } from './router.js';
import { UNFINISHED, currentSession, isEnding } from './session.js';
import { html, useChanges, useEvent, useId, useLayoutEffect, useState } from './view.js';
import { t } from './view_texts.js';

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
    write(started, 'running');
  };
  /** What is being written is finished before it stops. */
  const proceed = (state) => (run.state === 'running' ? change({ run: Object.assign(run, { state }) }) : write(run, state));
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

const LIFE_MS = 86_400_000;

/** Without storage an import runs all the same. */
const use = async (act) => {
  try {
    return await act(await caches.open(UNFINISHED), `/importacion?${new URLSearchParams({ de: currentSession()?.usuario })}`);
  } catch {
    return undefined;
  }
};

const drop = () => use((store, place) => store.delete(place));

const keep = (run) =>
  use((store, place) => store.put(place, new Response(JSON.stringify({ ...run, keptAt: Date.now() }))));

/** This person's unfinished import, for a day. */
async function loadRun() {
  const run = await use(async (store, place) => (await store.match(place))?.json());
  if (run && Date.now() - run.keptAt < LIFE_MS) return run;
  await drop();
  return null;
}

async function write(run, state) {
  await runBatch(run, state, async () => {
    if (run.state === 'over') await drop();
    else if (!isEnding()) await keep(run);
    change();
  });
}

const OUTCOMES = new Map([[201, 'created'], [200, 'updated'], [409, 'present'], [412, 'outdated'], [404, 'gone'], [422, 'refused']]);
const WRITTEN = ['created', 'updated'];

/** `proceed` with the state `running` or `stopping`. */
function ResultStep({ run, proceed, again }) {
  const id = useId();
  const { name, state, error, operations, answers } = run;
  useLayoutEffect(() => error && announce(sentence(error)), [error]);
  if (state === 'over') return html`<${Result} run=${run} again=${again} />`;
  return html`
    <div class="import-progress">
      <${StepHeading}>${name}<//>
      <progress max=${operations.length} value=${answers.length} aria-labelledby=${id} />
      <p id=${id}>${t('list.part', { n: count(answers.length), all: count(operations.length) })}</p>
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
      <${LinkButton} class="primary" href=${address('empleados')}>${t('lost.home')}<//>
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
