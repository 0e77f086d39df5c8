/** The step of the import that shows what would be written, and in which the person corrects and decides. */

import { downloadTable } from './export.js';
import { FIELDS, count, show, write } from './fields.js';
import { announce } from './focus.js';
import { ApiError } from './http.js';
import { compareRows, markRepeated, readRows } from './import_file.js';
import { Button, Failure, PlainTable } from './parts.js';
import { t } from './texts.js';
import { html, useLayoutEffect, useRef, useState } from './view.js';

const LINES_AT_ONCE = 50;
const KINDS = { new: 'good', changed: 'warn', conflict: 'bad', unchanged: '', wrong: 'bad' };

export function ReviewStep({ source, plan, begin, edit, back, again }) {
  const [rows, setRows] = useState(() => readRows(plan));
  /** By row: the same row need not be asked about again. */
  const [comparisons] = useState(() => new Map());
  const [applied, setApplied] = useState(new Set());
  const [isMailed, setMailed] = useState(true);
  /** Of the last comparison; set to draw the progress, too. */
  const [{ error }, setState] = useState({ error: null });
  const compared = markRepeated(rows.map((row) => ({ ...row, ...comparisons.get(keyOf(row)) })));
  const of = Object.groupBy(compared, ({ kind }) => kind);
  const waiting = of.undefined ?? [];

  const compare = async () => {
    try {
      setState({ error: null });
      for await (const some of compareRows(waiting)) {
        for (const [row, comparison] of some) comparisons.set(keyOf(row), comparison);
        setState({ error: null });
      }
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setState({ error: failure });
    }
  };
  useLayoutEffect(() => {
    compare();
  }, [rows]);
  const counts = Object.keys(KINDS).filter((kind) => of[kind]).map((kind) => [kind, number(`import.${kind}`, of[kind].length)]);
  useLayoutEffect(() => {
    if (waiting.length === 0) announce(counts.map(([, words]) => words).join(', '));
  }, [rows, waiting.length === 0]);

  const correct = (line, field, text) => {
    const edits = { ...plan.edits, [line]: { ...plan.edits[line], [field]: text } };
    edit(edits);
    setRows(readRows({ ...plan, edits }));
  };
  const tick = (some, isOn) => {
    const lines = new Set(some.map(({ line }) => line));
    setApplied(isOn ? applied.union(lines) : applied.difference(lines));
  };

  if (error) return html`<${Failure} error=${error} retry=${compare} />`;
  if (waiting.length > 0) {
    const done = rows.length - waiting.length;
    return html`
      <div class="import-progress">
        <${StepHeading}>${source.name}<//>
        <progress max=${rows.length} value=${done} aria-label=${t('import.step.review')} />
        <p>${t('import.comparing', { done: count(done), total: count(rows.length) })}</p>
      </div>`;
  }
  const { new: created = [], wrong = [], changed = [], conflict = [] } = of;
  const isApplied = ({ line }) => applied.has(line);
  const rejected = [...wrong, ...conflict.filter((row) => !isApplied(row))]
    .map((row) => ({ line: row.line, id: row.id, cells: row.cells, words: wordsOf(row) }));
  const changes = [...changed, ...conflict].filter(isApplied);
  const operations = [
    ...created.map(({ line, cells, values }) => ({ line, cells, list: 'crear', body: values })),
    ...changes.map(({ line, cells, existing: { id, version }, changes: some }) => {
      const cambios = Object.fromEntries(some.map(({ field, after }) => [field, after]));
      return { line, id, cells, list: 'actualizar', body: { id, version, cambios } };
    }),
  ];
  return html`
    <${StepHeading}>${source.name}<//>
    <p class="actions">
      ${counts.map(([kind, words]) => html`<span key=${kind} class=${`badge ${KINDS[kind]}`}>${words}</span>`)}
    </p>
    <${LineTable} kind="wrong" columns=${titled('import.person', 'import.finding', 'import.value')}
      items=${wrong.flatMap((row) => row.findings.map((finding) => ({ ...row, finding })))} row=${(item) => wrongCells(item, correct)}>
      <${Button} icon="download" onClick=${() => downloadRejected(rejected)}>${t('import.rejected.download')}<//>
    <//>
    ${Object.entries({ conflict, changed }).map(([kind, items]) => html`
      <${LineTable} key=${kind} kind=${kind} items=${items} columns=${titled('import.holder', 'import.change', 'import.decision')}
        row=${(item) => changedCells(item, isApplied(item), tick)}>
        ${kind === 'changed' && html`
          <label class="check"><input type="checkbox" checked=${items.every(isApplied)}
            onChange=${({ target }) => tick(items, target.checked)} />${t('import.apply.all')}</label>`}
      <//>`)}
    <${LineTable} kind="new" items=${created}
      columns=${FIELDS.map(({ name, kind }) => ({ title: t(`field.${name}`), isNumber: kind === 'money' }))}
      row=${({ values }) => FIELDS.map((field) => show(field, values[field.name]))} />
    <div class="import-end">
      ${operations.length > 0
        ? html`<label class="check"><input type="checkbox" checked=${isMailed}
            onChange=${({ target }) => setMailed(target.checked)} />${t('import.mail')}</label>`
        : html`<p>${t('import.nothing')}</p>`}
      <div class="actions">
        ${operations.length > 0 && html`
          <${Button} class="primary" onClick=${() => begin({ operations, rejected, isMailed })}>
            ${t('import.begin', { create: count(created.length), change: count(changes.length) })}
          <//>`}
        <${Button} onClick=${back}>${t('import.columns.back')}<//>
        <${Button} onClick=${again}>${t('import.other')}<//>
      </div>
    </div>`;
}

const keyOf = ({ line, id, given, values, findings }) => JSON.stringify([line, id, given, values, findings]);

const explain = ({ words, rule, line }) => words ?? t(rule, { line });

const wordsOf = ({ findings, kind, existing }) =>
  kind === 'conflict'
    ? t('import.rejected.conflict', { name: existing.nombre })
    : findings.map((finding) => `${finding.field && `${t(`field.${finding.field}`)}: `}${explain(finding)}`).join(' ');

const textOf = (field, cell) => (typeof cell === 'number' ? write(field, cell) : (cell ?? ''));

const titled = (...keys) => keys.map((key) => ({ title: t(key) }));

function wrongCells({ line, cells, finding }, correct) {
  const field = FIELDS.find(({ name }) => name === finding.field);
  const label = field && t(`field.${field.name}`);
  return [
    String(cells.nombre || cells.email || '—'),
    html`${field && html`<strong>${label}</strong> `}${explain(finding)}`,
    field && html`
      <input value=${textOf(field, cells[field.name])} aria-label=${`${t('import.line')} ${line}, ${label}`}
        onChange=${({ target }) => correct(line, field.name, target.value)} />`,
  ];
}

function changedCells(row, isApplied, tick) {
  const change = ({ field, before, after }) => {
    const declared = FIELDS.find(({ name }) => name === field);
    return html`<div><span class="muted">${t(`field.${field}`)}:</span> ${show(declared, before)} → <strong>${show(declared, after)}</strong></div>`;
  };
  return [
    `${row.existing.nombre} · ${row.existing.email}`,
    row.changes.map(change),
    html`
      <label class="check">
        <input type="checkbox" checked=${isApplied} aria-label=${`${t('import.apply')}, ${t('import.line')} ${row.line}`}
          onChange=${({ target }) => tick([row], target.checked)} />
        ${t('import.apply')}
      </label>`,
  ];
}

export function StepHeading({ children }) {
  const heading = useRef(null);
  useLayoutEffect(() => heading.current.focus({ preventScroll: true }), []);
  return html`<h2 tabindex="-1" ref=${heading}>${children}</h2>`;
}

const number = (key, n) => t(key, { n, count: count(n) });

/** Lines of the file of one kind, the first ones at first. `row` gives the cells of an item. */
function LineTable({ kind, columns, items, row, children }) {
  const [shown, setShown] = useState(LINES_AT_ONCE);
  const title = t(`import.${kind}.title`);
  return items.length > 0 && html`
    <section class="card">
      <h3>${title}</h3>
      <p>${t(`import.${kind}.text`)}</p>
      ${children}
      <${PlainTable} label=${title} rows=${items.slice(0, shown).map((item) => [item.line, ...row(item)])}
        columns=${[{ title: t('import.line'), isNumber: true, isHeading: true }, ...columns]} />
      ${shown < items.length && html`
        <${Button} onClick=${() => setShown(shown + LINES_AT_ONCE)}>${t('activity.more')} (${count(items.length - shown)})<//>`}
    </section>`;
}

/** In a form that can be imported again: the columns have the fields' names. */
export function downloadRejected(lines) {
  const isNumbered = lines.some(({ id }) => id);
  const columns = [...(isNumbered ? [{ name: 'id', kind: 'number' }] : []), ...FIELDS, { name: 'linea', kind: 'number' }, { name: 'error', kind: 'text' }];
  const rows = lines.map(({ line, id, cells, words }) =>
    [...(isNumbered ? [id] : []), ...FIELDS.map((field) => textOf(field, cells[field.name])), line, words]);
  downloadTable('csv', t('import.rejected.name'), columns, rows);
}
