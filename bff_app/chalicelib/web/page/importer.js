/** The import of a file, step by step: choose, look, write, result. It goes on while other views are looked at. */

import { getOpenApi } from './api.js';
import { CsvError } from './csv.js';
import { downloadCsv } from './export.js';
import { FIELDS, show } from './fields.js';
import { announce } from './focus.js';
import { count } from './format.js';
import { ApiError } from './http.js';
import { MAX_ROWS, readSheet } from './import_file.js';
import { ImportRun } from './import_run.js';
import { Button, Facts, Icon, LinkButton, PlainTable, ViewHeading } from './parts.js';
import { address } from './router.js';
import { creationSchema, explain } from './rules.js';
import { isEnding } from './session.js';
import { Alert, Explanation, Failure, sentence } from './states.js';
import { t } from './texts.js';
import { html, useChanges, useEvent, useId, useLayoutEffect, useRef, useState } from './view.js';

const FINDINGS_AT_ONCE = 100;
const ROWS_IN_PREVIEW = 10;
const EXAMPLE = [
  FIELDS.map(({ name }) => name),
  ['Ana Pérez', 'ana.perez@example.com', 'Analista', '5000,50', '2026-11-24'],
];

/** Outlives the view. */
const current = { file: null, run: null };

export default function Importer() {
  const [step, setStep] = useState(current);
  const change = (changed) => setStep({ ...Object.assign(current, changed) });
  const { file, run } = step;
  useEvent(window, 'beforeunload', (event) => run && !run.isOver && !isEnding() && event.preventDefault());
  const begin = (rows) => {
    const started = new ImportRun(rows);
    started.start();
    change({ run: started });
  };
  const again = () => change({ file: null, run: null });
  return html`
    <${ViewHeading} title=${t('view.importar')} />
    <div class="import">
      ${run
        ? html`<${Running} run=${run} again=${again} />`
        : file
          ? html`<${Preview} ...${file} begin=${begin} again=${again} />`
          : html`<${Choice} done=${(chosen) => change({ file: chosen })} />`}
    </div>`;
}

function Choice({ done }) {
  const [problem, setProblem] = useState(null);
  const [isOver, setOver] = useState(false);
  const take = async (file) => {
    if (!file) return;
    try {
      const schema = creationSchema(await getOpenApi());
      done({ name: file.name, sheet: readSheet(await file.arrayBuffer(), schema) });
    } catch (error) {
      if (error instanceof CsvError) setProblem(unusable(file.name, error));
      else if (error instanceof ApiError) setProblem(html`<${Failure} error=${error} retry=${() => take(file)} />`);
      else throw error;
    }
  };
  const choose = ({ target }) => {
    take(target.files[0]);
    target.value = ''; // the same file can be chosen again after a correction
  };
  const drag = (event) => {
    event.preventDefault();
    setOver(event.type === 'dragenter' || event.type === 'dragover');
    if (event.type === 'drop') take(event.dataTransfer?.files[0]);
  };
  return html`
    ${problem}
    <div class=${`drop-zone ${isOver ? 'over' : ''}`} onDragEnter=${drag} onDragOver=${drag} onDragLeave=${drag} onDrop=${drag}>
      <${Icon} name="upload" />
      <p><strong>${t('import.drop')}</strong></p>
      <input type="file" id="archivo" class="visually-hidden" accept=".csv,.txt,text/csv,text/plain"
        onChange=${choose} />
      <label class="button primary" for="archivo">${t('import.choose')}</label>
      <p class="muted">${t('import.limit', { limit: count(MAX_ROWS) })}</p>
    </div>
    <section class="card">
      <h2>${t('import.help.title')}</h2>
      <p>${t('import.help.text')}</p>
      <ul>
        ${FIELDS.map(({ name, aliases }) => html`
          <li><code>${name}</code> <span class="muted">${aliases.join(', ')}</span></li>`)}
      </ul>
      <p>${t('import.help.forms')}</p>
      <${Button} icon="download" onClick=${() => downloadCsv(t('import.example.name'), EXAMPLE)}>${t('import.example')}<//>
    </section>`;
}

function unusable(name, { rule, values }) {
  const words = Object.entries(values).map(([key, value]) => [key, typeof value === 'number' ? count(value) : value]);
  return html`
    <${Alert}><h2>${t('import.unusable', { name })}</h2><p>${t(rule, Object.fromEntries(words))}</p><//>`;
}

/** The heading of a step; it gets the focus. */
function StepHeading({ children }) {
  const heading = useRef(null);
  useLayoutEffect(() => heading.current.focus({ preventScroll: true }), []);
  return html`<h2 tabindex="-1" ref=${heading}>${children}</h2>`;
}

const number = (key, rows) => t(key, { n: rows.length, count: count(rows.length) });

function Preview({ name, sheet, begin, again }) {
  const good = sheet.rows.filter(({ findings }) => findings.length === 0);
  const bad = sheet.rows.filter(({ findings }) => findings.length > 0);
  useLayoutEffect(() => announce(number('import.good', good)), []);
  const notes = [
    sheet.encoding !== 'utf-8' && t('import.encoding', { encoding: sheet.encoding }),
    sheet.ignored.length > 0 && t('import.ignored', { columns: sheet.ignored.join(', ') }),
  ].filter(Boolean);
  return html`
    <${StepHeading}>${name}<//>
    <p class="actions">
      <span class="badge good"><${Icon} name="check" />${number('import.good', good)}</span>
      ${bad.length > 0 && html`<span class="badge bad"><${Icon} name="warning" />${number('import.bad', bad)}</span>`}
    </p>
    ${notes.map((text) => html`<p class="message warn">${text}</p>`)}
    <div class="actions">
      ${good.length > 0 && html`
        <${Button} class="primary" onClick=${() => begin(good)}>${number('import.begin', good)}<//>`}
      <${Button} onClick=${again}>${t('import.other')}<//>
      ${bad.length > 0 && html`
        <${Button} icon="download" onClick=${() => downloadFindings(bad)}>${t('import.findings.download')}<//>`}
    </div>
    <${Findings} rows=${bad.map((row) => [row.line, findingTexts(row).join(' ')])} />
    ${good.length > 0 && html`<${FirstRows} rows=${good.slice(0, ROWS_IN_PREVIEW)} />`}`;
}

const findingTexts = ({ findings }) =>
  findings.map((finding) => `${finding.field && `${t(`field.${finding.field}`)}: `}${explain(finding)}`);

/** A table of lines of the file. */
const LineTable = ({ title, columns, rows, children }) => html`
  <section class="card">
    <h2>${title}</h2>
    <${PlainTable} label=${title} rows=${rows}
      columns=${[{ title: t('import.line'), isNumber: true, isHeading: true }, ...columns]} />
    ${children}
  </section>`;

function Findings({ rows }) {
  const [shown, setShown] = useState(FINDINGS_AT_ONCE);
  const more = () => setShown(shown + FINDINGS_AT_ONCE);
  return rows.length > 0 && html`
    <${LineTable} title=${t('import.findings')} columns=${[{ title: t('import.finding') }]} rows=${rows.slice(0, shown)}>
      ${shown < rows.length && html`<${Button} onClick=${more}>${t('import.findings.more')}<//>`}
    <//>`;
}

/** As they will be written, so that dates and decimals can be looked at. */
function FirstRows({ rows }) {
  const columns = FIELDS.map(({ name, kind }) => ({ title: t(`field.${name}`), isNumber: kind === 'money' }));
  const cells = rows.map(({ line, values }) => [line, ...FIELDS.map((field) => show(field, values[field.name]))]);
  return html`<${LineTable} title=${t('import.preview')} columns=${columns} rows=${cells} />`;
}

function Running({ run, again }) {
  const id = useId();
  useChanges(run);
  useLayoutEffect(() => run.error && announce(sentence(run.error)), [run.error]);
  if (run.isOver) return html`<${Result} run=${run} again=${again} />`;
  return html`
    <div class="import-progress">
      <h2>${t('import.running')}</h2>
      <progress max=${run.total} value=${run.results.length} aria-labelledby=${id} />
      <p id=${id}>${t('import.progress', { done: count(run.results.length), total: count(run.total) })}</p>
      ${run.error && html`<${Alert}><${Explanation} error=${run.error} /><p>${t('import.paused')}</p><//>`}
      <div class="actions">
        ${run.state === 'paused' && html`
          <${Button} class="primary" icon="refresh" onClick=${() => run.start()}>${t('import.goOn')}<//>`}
        <${Button} onClick=${() => run.stop()}>${t('import.stop')}<//>
      </div>
    </div>`;
}

function Result({ run, again }) {
  const having = (outcome) => run.results.filter((result) => result.outcome === outcome);
  const facts = [
    [t('import.created'), count(having('created').length)],
    [t('import.present'), count(having('present').length)],
    [t('import.refused'), count(having('refused').length)],
    [t('import.unwritten'), count(run.waiting.length)],
  ];
  return html`
    <${StepHeading}>${t(run.state === 'done' ? 'import.done' : 'import.stopped')}<//>
    <${Facts} class="tiles" facts=${facts} />
    <p>${t('import.twice')}</p>
    <div class="actions">
      <${LinkButton} class="primary" href=${address('empleados')}>${t('import.toList')}<//>
      <${Button} icon="download" onClick=${() => downloadResult(run)}>${t('import.result.download')}<//>
      <${Button} onClick=${again}>${t('import.other')}<//>
    </div>
    <${Findings} rows=${having('refused').map(({ row, words }) => [row.line, words])} />`;
}

const names = FIELDS.map(({ name }) => name);

const original = (row, ...cells) => [String(row.line), ...cells, ...names.map((name) => row.texts[name] ?? '')];

function downloadFindings(bad) {
  const rows = bad.map((row) => original(row, findingTexts(row).join(' ')));
  downloadCsv(t('import.findings.name'), [['linea', 'error', ...names], ...rows]);
}

function downloadResult({ results, waiting }) {
  const rows = [
    ...results.map(({ row, outcome, id, words }) => original(row, t(`import.outcome.${outcome}`), `${id ?? ''}`, words)),
    ...waiting.map((row) => original(row, t('import.outcome.unwritten'), '', '')),
  ].sort(([a], [b]) => Number(a) - Number(b));
  downloadCsv(t('import.result.name'), [['linea', 'resultado', 'id', 'detalle', ...names], ...rows]);
}
