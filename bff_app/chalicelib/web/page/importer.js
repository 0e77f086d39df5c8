// @ts-check
/** The import of a file, step by step: choose, look, write, result. It goes on while other views are looked at. */

import { announce, redraw } from './accessibility.js';
import { getOpenApi } from './api.js';
import { CsvError } from './csv.js';
import { downloadCsv } from './download.js';
import { h, newId } from './element.js';
import { FIELDS, show } from './fields.js';
import { count } from './format.js';
import { ApiError } from './http.js';
import { MAX_ROWS, readSheet } from './import_file.js';
import { ImportRun } from './import_run.js';
import { button, icon, linkButton, plainTable, tiles, viewHeading } from './parts.js';
import { address } from './router.js';
import { creationSchema, explain } from './rules.js';
import { isEnding } from './session.js';
import { explanation, failure, sentence } from './states.js';
import { t } from './texts.js';

/** @typedef {import('./import_file.js').Row} Row */
/** @typedef {import('./import_file.js').Sheet} Sheet */

const FINDINGS_AT_ONCE = 100;
const ROWS_IN_PREVIEW = 10;
const EXAMPLE = [
  FIELDS.map(({ name }) => name),
  ['Ana Pérez', 'ana.perez@example.com', 'Analista', '5000,50', '2026-11-24'],
];

/** @type {{name: string, sheet: Sheet} | null} the file that is being looked at */
let chosen = null;
/** @type {ImportRun | null} */
let run = null;

/** @param {HTMLElement} root @param {import('./router.js').Route} _route @param {AbortSignal} signal */
export function mount(root, _route, signal) {
  const body = h('div', { class: 'import' });
  root.replaceChildren(viewHeading(t('view.importar')), body);
  addEventListener('beforeunload', warn, { signal });
  if (run) follow(run);
  else if (chosen) look(chosen);
  else choose();

  /** @param {HTMLElement} [problem] what was wrong with the last file */
  function choose(problem) {
    const input = h('input', {
      type: 'file',
      id: 'archivo',
      class: 'visually-hidden',
      'data-focus': 'file',
      accept: '.csv,.txt,text/csv,text/plain',
      onchange: () => take(input.files[0]),
    });
    const zone = h(
      'div',
      { class: 'drop-zone' },
      icon('upload'),
      h('p', {}, h('strong', {}, t('import.drop'))),
      input,
      h('label', { class: 'button primary', for: 'archivo' }, t('import.choose')),
      h('p', { class: 'muted' }, t('import.limit', { limit: count(MAX_ROWS) })),
    );
    for (const kind of ['dragenter', 'dragover', 'dragleave', 'drop']) {
      zone.addEventListener(kind, (/** @type {DragEvent} */ event) => {
        event.preventDefault();
        zone.classList.toggle('over', kind === 'dragenter' || kind === 'dragover');
        if (kind === 'drop') take(event.dataTransfer?.files[0]);
      });
    }
    redraw(body, ...(problem ? [problem] : []), zone, help());
  }

  /** @param {File | undefined} file */
  async function take(file) {
    if (!file) return;
    try {
      const schema = creationSchema(await getOpenApi(signal));
      chosen = { name: file.name, sheet: readSheet(await file.arrayBuffer(), schema) };
      look(chosen);
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof CsvError) choose(unusable(file.name, error));
      else if (error instanceof ApiError) choose(failure(error, () => take(file)));
      else throw error;
    }
  }

  /** @param {{name: string, sheet: Sheet}} file */
  function look({ name, sheet }) {
    const good = sheet.rows.filter(({ findings }) => findings.length === 0);
    const bad = sheet.rows.filter(({ findings }) => findings.length > 0);
    const number = (/** @type {string} */ key, /** @type {Row[]} */ rows) =>
      t(key, { n: rows.length, count: count(rows.length) });
    const begin = () => {
      run = new ImportRun(good);
      run.start();
      follow(run);
    };
    showStep(
      name,
      h(
        'p',
        { class: 'actions' },
        h('span', { class: 'badge good' }, icon('check'), number('import.good', good)),
        bad.length > 0 && h('span', { class: 'badge bad' }, icon('warning'), number('import.bad', bad)),
      ),
      ...notes(sheet),
      h(
        'div',
        { class: 'actions' },
        good.length > 0 && button(number('import.begin', good), begin, { class: 'primary' }),
        button(t('import.other'), again),
        bad.length > 0 &&
          button(t('import.findings.download'), () => downloadFindings(bad), { picture: 'download' }),
      ),
      bad.length > 0 && findingList(bad.map((row) => ({ line: row.line, texts: findingTexts(row) }))),
      good.length > 0 && preview(good),
    );
    announce(number('import.good', good));
  }

  /** @param {ImportRun} current */
  function follow(current) {
    const draw = () => {
      if (current.isOver) finish(current);
      else progress.update();
    };
    const progress = progressView(current);
    redraw(body, progress.element);
    current.addEventListener('change', draw, { signal });
    draw();
  }

  /** @param {ImportRun} current */
  function finish(current) {
    const refusals = current.results.filter(({ outcome }) => outcome === 'refused');
    showStep(
      t(current.state === 'done' ? 'import.done' : 'import.stopped'),
      tiles(
        [t('import.created'), count(current.count('created'))],
        [t('import.present'), count(current.count('present'))],
        [t('import.refused'), count(refusals.length)],
        [t('import.unwritten'), count(current.waiting.length)],
      ),
      h('p', {}, t('import.twice')),
      h(
        'div',
        { class: 'actions' },
        linkButton(t('import.toList'), address('empleados'), { class: 'button primary' }),
        button(t('import.result.download'), () => downloadResult(current), { picture: 'download' }),
        button(t('import.other'), again),
      ),
      refusals.length > 0 && findingList(refusals.map(({ row, words }) => ({ line: row.line, texts: [words] }))),
    );
  }

  /** @param {string} title @param {...(HTMLElement | false)} content */
  function showStep(title, ...content) {
    const heading = h('h2', { tabindex: '-1' }, title);
    body.replaceChildren(heading, ...content.filter((part) => part !== false));
    heading.focus({ preventScroll: true });
  }

  function again() {
    chosen = null;
    run = null;
    choose();
  }
}

/** @param {BeforeUnloadEvent} event */
function warn(event) {
  if (run && !run.isOver && !isEnding()) event.preventDefault();
}

/** @param {string} name @param {CsvError} error */
function unusable(name, { rule, values }) {
  const words = Object.entries(values).map(([key, value]) => [key, typeof value === 'number' ? count(value) : value]);
  return h(
    'div',
    { class: 'state bad', role: 'alert' },
    icon('warning'),
    h('h2', {}, t('import.unusable', { name })),
    h('p', {}, t(rule, Object.fromEntries(words))),
  );
}

function help() {
  const columns = FIELDS.map(({ name, aliases }) =>
    h('li', {}, h('code', {}, name), ' ', h('span', { class: 'muted' }, aliases.join(', '))),
  );
  const example = () => downloadCsv(t('import.example.name'), EXAMPLE);
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, t('import.help.title')),
    h('p', {}, t('import.help.text')),
    h('ul', {}, ...columns),
    h('p', {}, t('import.help.forms')),
    button(t('import.example'), example, { picture: 'download' }),
  );
}

/** What was understood without being sure. @param {Sheet} sheet @returns {HTMLElement[]} */
function notes({ encoding, ignored }) {
  const words = [
    encoding !== 'utf-8' && t('import.encoding', { encoding }),
    ignored.length > 0 && t('import.ignored', { columns: ignored.join(', ') }),
  ];
  return words.filter(Boolean).map((text) => h('p', { class: 'message warn' }, text));
}

/** @param {Row} row @returns {string[]} */
const findingTexts = ({ findings }) =>
  findings.map((finding) => `${finding.field && `${t(`field.${finding.field}`)}: `}${explain(finding)}`);

/** @param {{line: number, texts: string[]}[]} findings */
function findingList(findings) {
  let shown = 0;
  const columns = [lineColumn(), { title: t('import.finding') }];
  const table = plainTable(t('import.findings'), columns, []);
  const more = button(t('import.findings.more'), addRows);
  function addRows() {
    table.add(findings.slice(shown, (shown += FINDINGS_AT_ONCE)).map(({ line, texts }) => [line, texts.join(' ')]));
    more.hidden = shown >= findings.length;
  }
  addRows();
  return h('section', { class: 'card' }, h('h2', {}, t('import.findings')), table.element, more);
}

const lineColumn = () => ({ title: t('import.line'), isNumber: true, isHeading: true });

/** The first rows as they will be written, so that dates and decimals can be looked at. @param {Row[]} good */
function preview(good) {
  const columns = FIELDS.map(({ name, kind }) => ({ title: t(`field.${name}`), isNumber: kind === 'money' }));
  const cells = (/** @type {Row} */ { line, values }) => [line, ...FIELDS.map((field) => show(field, values[field.name]))];
  const table = plainTable(t('import.preview'), [lineColumn(), ...columns], good.slice(0, ROWS_IN_PREVIEW).map(cells));
  return h('section', { class: 'card' }, h('h2', {}, t('import.preview')), table.element);
}

/** @param {ImportRun} run */
function progressView(run) {
  const id = newId();
  const bar = h('progress', { max: run.total, value: 0, 'aria-labelledby': id });
  const text = h('p', { id });
  const trouble = h('div', {});
  const stop = button(t('import.stop'), () => run.stop());
  const goOn = button(t('import.goOn'), () => run.start(), { class: 'primary', picture: 'refresh' });
  let told = run.state;
  const update = () => {
    bar.value = run.results.length;
    text.textContent = t('import.progress', { done: count(run.results.length), total: count(run.total) });
    if (document.activeElement === goOn && run.state !== 'paused') stop.focus({ preventScroll: true });
    goOn.hidden = run.state !== 'paused';
    if (run.state === told) return;
    told = run.state;
    trouble.replaceChildren(...(run.error ? [paused(run.error)] : []));
    if (run.error) announce(sentence(run.error));
  };
  const actions = h('div', { class: 'actions' }, goOn, stop);
  const element = h('div', { class: 'import-progress' }, h('h2', {}, t('import.running')), bar, text, trouble, actions);
  return { element, update };
}

/** @param {ApiError} error */
const paused = (error) =>
  h(
    'div',
    { class: 'state bad', role: 'alert' },
    icon('warning'),
    ...explanation(error),
    h('p', {}, t('import.paused')),
  );

const names = FIELDS.map(({ name }) => name);

/** @param {Row} row @param {...string} cells @returns {string[]} the row as the file has it, behind other cells */
const original = (row, ...cells) => [String(row.line), ...cells, ...names.map((name) => row.texts[name] ?? '')];

/** @param {Row[]} bad */
function downloadFindings(bad) {
  const rows = bad.map((row) => original(row, findingTexts(row).join(' ')));
  downloadCsv(t('import.findings.name'), [['linea', 'error', ...names], ...rows]);
}

/** @param {ImportRun} run */
function downloadResult({ results, waiting }) {
  const rows = [
    ...results.map(({ row, outcome, id, words }) => original(row, t(`import.outcome.${outcome}`), `${id ?? ''}`, words)),
    ...waiting.map((row) => original(row, t('import.outcome.unwritten'), '', '')),
  ].sort(([a], [b]) => Number(a) - Number(b));
  downloadCsv(t('import.result.name'), [['linea', 'resultado', 'id', 'detalle', ...names], ...rows]);
}
