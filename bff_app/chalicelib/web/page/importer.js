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
import { icon } from './icons.js';
import { MAX_ROWS, readSheet } from './import_file.js';
import { ImportRun } from './import_run.js';
import { address } from './router.js';
import { creationSchema } from './rules.js';
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

/**
 * @param {HTMLElement} root
 * @param {import('./router.js').Route} _route
 * @param {AbortSignal} signal
 */
export function mount(root, _route, signal) {
  const body = h('div', { class: 'import' });
  root.replaceChildren(h('header', { class: 'view-heading' }, h('h1', { tabindex: '-1' }, t('view.importar'))), body);
  addEventListener('beforeunload', warn, { signal });
  if (run) follow(run);
  else if (chosen) look();
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
      chosen = {
        name: file.name,
        sheet: readSheet(await file.arrayBuffer(), creationSchema(await getOpenApi(signal))),
      };
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof CsvError) choose(refused(file.name, t(error.rule, inWords(error.values))));
      else if (error instanceof ApiError) choose(failure(error, () => take(file)));
      else throw error;
      return;
    }
    look();
  }

  function look() {
    const { name, sheet } = /** @type {{name: string, sheet: Sheet}} */ (chosen);
    const good = sheet.rows.filter(({ findings }) => findings.length === 0);
    const bad = sheet.rows.filter(({ findings }) => findings.length > 0);
    const begin = () => {
      run = new ImportRun(good);
      run.start();
      follow(run);
    };
    const title = h('h2', { tabindex: '-1' }, name);
    body.replaceChildren(
      title,
      h(
        'p',
        { class: 'import-counts' },
        badge('good', t('import.good', { n: good.length, count: count(good.length) })),
        badge('bad', t('import.bad', { n: bad.length, count: count(bad.length) })),
      ),
      ...notes(sheet),
      h(
        'div',
        { class: 'actions' },
        good.length > 0 &&
          h(
            'button',
            { type: 'button', class: 'primary', onclick: begin },
            t('import.begin', { n: good.length, count: count(good.length) }),
          ),
        h('button', { type: 'button', onclick: again }, t('import.other')),
        bad.length > 0 &&
          h(
            'button',
            { type: 'button', onclick: () => downloadFindings(bad) },
            icon('download'),
            t('import.findings.download'),
          ),
      ),
      ...(bad.length > 0 ? [findingsTable(bad)] : []),
      ...(good.length > 0 ? [preview(good)] : []),
    );
    title.focus({ preventScroll: true });
    announce(t('import.good', { n: good.length, count: count(good.length) }));
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
    const line = (/** @type {string} */ key, /** @type {number} */ value) =>
      h('div', { class: 'tile' }, h('dt', {}, t(key)), h('dd', {}, count(value)));
    const refusals = current.results.filter(({ outcome }) => outcome === 'refused');
    const title = h('h2', { tabindex: '-1' }, t(current.state === 'done' ? 'import.done' : 'import.stopped'));
    body.replaceChildren(
      title,
      h(
        'dl',
        { class: 'tiles' },
        line('import.created', current.count('created')),
        line('import.present', current.count('present')),
        line('import.refused', refusals.length),
        line('import.unwritten', current.waiting.length),
      ),
      h('p', {}, t('import.twice')),
      h(
        'div',
        { class: 'actions' },
        h('a', { class: 'button primary', href: address('empleados') }, t('import.toList')),
        h(
          'button',
          { type: 'button', onclick: () => downloadResult(current) },
          icon('download'),
          t('import.result.download'),
        ),
        h('button', { type: 'button', onclick: again }, t('import.other')),
      ),
      ...(refusals.length > 0
        ? [findingList(refusals.map(({ row, words }) => ({ line: row.line, texts: [words] })))]
        : []),
    );
    title.focus({ preventScroll: true });
  }

  function again() {
    chosen = null;
    run = null;
    choose();
  }
}

/** @param {Record<string, string | number>} values */
const inWords = (values) =>
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'number' ? count(value) : value]),
  );

/** @param {BeforeUnloadEvent} event */
function warn(event) {
  if (run && !run.isOver && !isEnding()) event.preventDefault();
}

/** @param {'good' | 'bad'} kind @param {string} text */
const badge = (kind, text) =>
  h('span', { class: `badge ${kind}` }, icon(kind === 'good' ? 'check' : 'warning'), text);

/** @param {string} name @param {string} reason */
function refused(name, reason) {
  return h(
    'div',
    { class: 'state bad', role: 'alert' },
    icon('warning'),
    h('h2', {}, t('import.unusable', { name })),
    h('p', {}, reason),
  );
}

function help() {
  const columns = FIELDS.map(({ name, aliases }) =>
    h('li', {}, h('code', {}, name), ' ', h('span', { class: 'muted' }, aliases.join(', '))),
  );
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, t('import.help.title')),
    h('p', {}, t('import.help.text')),
    h('ul', { class: 'import-columns' }, ...columns),
    h('p', {}, t('import.help.forms')),
    h(
      'button',
      { type: 'button', onclick: () => downloadCsv(t('import.example.name'), EXAMPLE) },
      icon('download'),
      t('import.example'),
    ),
  );
}

/** @param {Sheet} sheet what was understood without being sure */
function notes({ encoding, ignored }) {
  return [
    encoding === 'utf-8' ? null : h('p', { class: 'message warn' }, t('import.encoding', { encoding })),
    ignored.length === 0 ? null : h('p', { class: 'message warn' }, t('import.ignored', { columns: ignored.join(', ') })),
  ].filter((note) => note !== null);
}

/** @param {Row} row @returns {string[]} */
function findingTexts({ findings }) {
  return findings.map(({ field, rule, limit, line }) => {
    const text = t(rule, { limit: limit === undefined ? '' : count(limit), line: line ?? '' });
    return field ? `${t(`field.${field}`)}: ${text}` : text;
  });
}

/** @param {Row[]} bad */
function findingsTable(bad) {
  return findingList(bad.map((row) => ({ line: row.line, texts: findingTexts(row) })));
}

/** @param {{line: number, texts: string[]}[]} findings */
function findingList(findings) {
  let shown = 0;
  const rows = h('tbody', {});
  const more = h('button', { type: 'button', onclick: addRows }, t('import.findings.more'));
  function addRows() {
    const next = findings.slice(shown, (shown += FINDINGS_AT_ONCE));
    rows.append(
      ...next.map(({ line, texts }) =>
        h('tr', {}, h('th', { scope: 'row', class: 'number' }, line), h('td', {}, texts.join(' '))),
      ),
    );
    more.hidden = shown >= findings.length;
  }
  addRows();
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, t('import.findings')),
    scrolling(
      t('import.findings'),
      h(
        'table',
        { class: 'plain' },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', { scope: 'col', class: 'number' }, t('import.line')),
            h('th', { scope: 'col' }, t('import.finding')),
          ),
        ),
        rows,
      ),
    ),
    more,
  );
}

/** The first rows as they will be written, so that dates and decimals can be looked at. @param {Row[]} good */
function preview(good) {
  const cells = (/** @type {Row} */ { values }) =>
    FIELDS.map((field) =>
      h('td', { class: field.kind === 'money' ? 'number' : null }, show(field, values[field.name])),
    );
  return h(
    'section',
    { class: 'card' },
    h('h2', {}, t('import.preview')),
    scrolling(
      t('import.preview'),
      h(
        'table',
        { class: 'plain' },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            h('th', { scope: 'col', class: 'number' }, t('import.line')),
            ...FIELDS.map(({ name, kind }) =>
              h('th', { scope: 'col', class: kind === 'money' ? 'number' : null }, t(`field.${name}`)),
            ),
          ),
        ),
        h(
          'tbody',
          {},
          ...good
            .slice(0, ROWS_IN_PREVIEW)
            .map((row) => h('tr', {}, h('th', { scope: 'row', class: 'number' }, row.line), ...cells(row))),
        ),
      ),
    ),
  );
}

/** @param {string} label @param {HTMLElement} content */
const scrolling = (label, content) =>
  h('div', { class: 'table-scroll', tabindex: '0', role: 'group', 'aria-label': label }, content);

/** @param {ImportRun} run */
function progressView(run) {
  const id = newId();
  const bar = h('progress', { max: run.total, value: 0, 'aria-labelledby': id });
  const text = h('p', { id });
  const trouble = h('div', {});
  const stop = h('button', { type: 'button', onclick: () => run.stop() }, t('import.stop'));
  const goOn = h(
    'button',
    { type: 'button', class: 'primary', onclick: () => run.start() },
    icon('refresh'),
    t('import.goOn'),
  );
  let told = run.state;
  const update = () => {
    bar.value = run.results.length;
    text.textContent = t('import.progress', { done: count(run.results.length), total: count(run.total) });
    if (document.activeElement === goOn && run.state !== 'paused') stop.focus({ preventScroll: true });
    goOn.hidden = run.state !== 'paused';
    if (run.state === told) return;
    told = run.state;
    trouble.replaceChildren(
      ...(run.error
        ? [
            h(
              'div',
              { class: 'state bad', role: 'alert' },
              icon('warning'),
              ...explanation(run.error),
              h('p', {}, t('import.paused')),
            ),
          ]
        : []),
    );
    if (run.error) announce(sentence(run.error));
  };
  const element = h(
    'div',
    { class: 'import-progress' },
    h('h2', {}, t('import.running')),
    bar,
    text,
    trouble,
    h('div', { class: 'actions' }, goOn, stop),
  );
  return { element, update };
}

/** @param {Row[]} bad */
function downloadFindings(bad) {
  const headings = ['linea', 'error', ...FIELDS.map(({ name }) => name)];
  const rows = bad.map((row) => [
    String(row.line),
    findingTexts(row).join(' '),
    ...FIELDS.map(({ name }) => row.texts[name] ?? ''),
  ]);
  downloadCsv(t('import.findings.name'), [headings, ...rows]);
}

/** @param {ImportRun} run */
function downloadResult(run) {
  const written = run.results.map(({ row, outcome, id, words }) => ({
    row,
    cells: [t(`import.outcome.${outcome}`), id === null ? '' : String(id), words],
  }));
  const unwritten = run.waiting.map((row) => ({ row, cells: [t('import.outcome.unwritten'), '', ''] }));
  const rows = [...written, ...unwritten]
    .sort((a, b) => a.row.line - b.row.line)
    .map(({ row, cells }) => [String(row.line), ...cells, ...FIELDS.map(({ name }) => row.texts[name] ?? '')]);
  downloadCsv(t('import.result.name'), [
    ['linea', 'resultado', 'id', 'detalle', ...FIELDS.map(({ name }) => name)],
    ...rows,
  ]);
}
