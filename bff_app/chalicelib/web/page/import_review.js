/** The step of the import that shows what would be written, and in which the person corrects and decides. */

import { downloadTable } from './export.js';
import { FIELDS, show, write } from './fields.js';
import { announce } from './focus.js';
import { count } from './format.js';
import { newBatchId } from './batches.js';
import { compareRows } from './import_comparison.js';
import { readRows } from './import_file.js';
import { LineTable, StepHeading, number } from './import_parts.js';
import { ApiError } from './http.js';
import { Button, Icon } from './parts.js';
import { explain } from './rules.js';
import { Failure } from './states.js';
import { t } from './texts.js';
import { html, useLayoutEffect, useState } from './view.js';

const KINDS = { new: 'good', changed: 'warn', conflict: 'bad', unchanged: '' };

export function ReviewStep({ source, plan, schema, begin, edit, back, again }) {
  const [rows, setRows] = useState(() => readRows(plan, schema));
  /** By row: the same row need not be asked about again. */
  const [comparisons] = useState(() => new Map());
  const [applied, setApplied] = useState(new Set());
  const [isMailed, setMailed] = useState(true);
  const [state, setState] = useState({ error: null });
  const isKnown = (row) => row.findings.length > 0 || comparisons.has(keyOf(row));

  const compare = async () => {
    try {
      setState({ error: null });
      for await (const some of compareRows(rows.filter((row) => !isKnown(row)))) {
        for (const [row, comparison] of some) comparisons.set(keyOf(row), comparison);
        setState({ error: null }); // draws the progress
      }
      announce(summaryOf(rows, comparisons));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setState({ error });
    }
  };
  useLayoutEffect(() => {
    compare();
  }, [rows]);

  const correct = (line, field, text) => {
    const edits = { ...plan.edits, [line]: { ...plan.edits[line], [field]: text } };
    edit(edits);
    setRows(readRows({ ...plan, edits }, schema));
  };
  const tick = (lines, isOn) => setApplied(new Set(isOn ? [...applied, ...lines] : [...applied].filter((line) => !lines.includes(line))));

  const judged = rows.map((row) => ({ ...row, ...(row.findings.length === 0 ? comparisons.get(keyOf(row)) : null) }));
  const of = Object.groupBy(judged, ({ kind = 'wrong' }) => kind);
  const known = rows.filter(isKnown).length;
  if (state.error) return html`<${Failure} error=${state.error} retry=${compare} />`;
  if (known < rows.length) {
    return html`
      <div class="import-progress">
        <${StepHeading}>${source.name}<//>
        <progress max=${rows.length} value=${known} aria-label=${t('import.step.review')} />
        <p>${t('import.comparing', { done: count(known), total: count(rows.length) })}</p>
      </div>`;
  }
  const wrong = [...(of.wrong ?? []), ...(of.refused ?? [])];
  const changes = [...(of.changed ?? []), ...(of.conflict ?? [])].filter(({ line }) => applied.has(line));
  const created = of.new ?? [];
  const rejected = [...wrong, ...(of.conflict ?? []).filter(({ line }) => !applied.has(line))].map((row) =>
    ({ line: row.line, id: row.id, cells: row.cells, words: wordsOf(row) }));
  const operations = [
    ...created.map(({ line, cells, values }) => ({ line, cells, list: 'crear', body: values })),
    ...changes.map(({ line, cells, existing, changes: some }) => ({
      line,
      cells,
      list: 'actualizar',
      body: { id: existing.id, version: existing.version, cambios: Object.fromEntries(some.map(({ field, after }) => [field, after])) },
    })),
  ];
  return html`
    <${StepHeading}>${source.name}<//>
    <p class="actions">
      ${Object.entries(KINDS).map(([kind, tone]) => of[kind] && html`
        <span key=${kind} class=${`badge ${tone}`}>${number(`import.${kind}`, of[kind].length)}</span>`)}
      ${wrong.length > 0 && html`
        <span class="badge bad"><${Icon} name="warning" />${number('import.wrong', wrong.length)}</span>`}
    </p>
    <${Wrong} rows=${wrong} correct=${correct}>
      <${Button} icon="download" onClick=${() => downloadRejected(rejected)}>${t('import.rejected.download')}<//>
    <//>
    <${Differences} kind="conflict" rows=${of.conflict ?? []} applied=${applied} tick=${tick} />
    <${Differences} kind="changed" rows=${of.changed ?? []} applied=${applied} tick=${tick} />
    <${LineTable} title=${t('import.new.title')} text=${t('import.new.text')} items=${created}
      columns=${FIELDS.map(({ name, kind }) => ({ title: t(`field.${name}`), isNumber: kind === 'money' }))}
      row=${({ line, values }) => [line, ...FIELDS.map((field) => show(field, values[field.name]))]} />
    <div class="import-end">
      ${operations.length > 0
        ? html`<label class="check"><input type="checkbox" checked=${isMailed}
            onChange=${({ target }) => setMailed(target.checked)} />${t('import.mail')}</label>`
        : html`<p>${t('import.nothing')}</p>`}
      <div class="actions">
        ${operations.length > 0 && html`
          <${Button} class="primary" onClick=${() => begin({ id: newBatchId(), operations, rejected, isMailed })}>
            ${t('import.begin', { create: count(created.length), change: count(changes.length) })}
          <//>`}
        <${Button} onClick=${back}>${t('import.columns.back')}<//>
        <${Button} onClick=${again}>${t('import.other')}<//>
      </div>
    </div>`;
}

const keyOf = ({ line, id, given, values }) => JSON.stringify([line, id, given, values]);

function summaryOf(rows, comparisons) {
  const kinds = Object.groupBy(rows, (row) => comparisons.get(keyOf(row))?.kind ?? 'wrong');
  return Object.entries(kinds).filter(([kind]) => kind !== 'refused').map(([kind, some]) => number(`import.${kind}`, some.length)).join(', ');
}

const wordsOf = ({ findings, kind, existing, words }) => {
  if (kind === 'conflict') return t('import.rejected.conflict', { name: existing.nombre });
  return [...findings.map((finding) => `${finding.field && `${t(`field.${finding.field}`)}: `}${explain(finding)}`), words].filter(Boolean).join(' ');
};

const textOf = (field, cell) => (typeof cell === 'number' ? write(field, cell) : (cell ?? ''));

/** Each wrong value can be corrected where it stands. */
function Wrong({ rows, correct, children }) {
  const items = rows.flatMap((row) => (row.findings.length > 0 ? row.findings : [{ field: '', words: row.words }]).map((finding) => ({ row, finding })));
  const value = ({ row: { line, cells }, finding: { field } }) => {
    const declared = FIELDS.find(({ name }) => name === field);
    return declared && html`
      <input value=${textOf(declared, cells[field])} aria-label=${`${t('import.line')} ${line}, ${t(`field.${field}`)}`}
        onChange=${({ target }) => correct(line, field, target.value)} />`;
  };
  const label = ({ field }) => field && html`<strong>${t(`field.${field}`)}</strong> `;
  return html`
    <${LineTable} title=${t('import.wrong.title')} text=${t('import.wrong.text')} items=${items}
      columns=${['import.person', 'import.finding', 'import.value'].map((key) => ({ title: t(key) }))}
      row=${(item) => [
        item.row.line,
        String(item.row.cells.nombre || item.row.cells.email || '—'),
        html`${label(item.finding)}${item.finding.words ?? explain(item.finding)}`,
        value(item),
      ]}>
      ${children}
    <//>`;
}

function Differences({ kind, rows, applied, tick }) {
  const lines = rows.map(({ line }) => line);
  const box = ({ line }) => html`
    <label class="check">
      <input type="checkbox" checked=${applied.has(line)} aria-label=${`${t('import.apply')}, ${t('import.line')} ${line}`}
        onChange=${({ target }) => tick([line], target.checked)} />
      ${t('import.apply')}
    </label>`;
  const change = ({ field, before, after }) => {
    const declared = FIELDS.find(({ name }) => name === field);
    return html`<div><span class="muted">${t(`field.${field}`)}:</span> ${show(declared, before)} → <strong>${show(declared, after)}</strong></div>`;
  };
  return html`
    <${LineTable} title=${t(`import.${kind}.title`)} text=${t(`import.${kind}.text`)} items=${rows}
      columns=${['import.holder', 'import.change', 'import.decision'].map((key) => ({ title: t(key) }))}
      row=${(item) => [item.line, `${item.existing.nombre} · ${item.existing.email}`, item.changes.map(change), box(item)]}>
      ${kind === 'changed' && html`
        <label class="check"><input type="checkbox" checked=${lines.every((line) => applied.has(line))}
          onChange=${({ target }) => tick(lines, target.checked)} />${t('import.apply.all')}</label>`}
    <//>`;
}

/** In a form that can be imported again: the columns have the fields' names. */
export function downloadRejected(lines) {
  const isNumbered = lines.some(({ id }) => id);
  const columns = [...(isNumbered ? [{ name: 'id', kind: 'number' }] : []), ...FIELDS, { name: 'linea', kind: 'number' }, { name: 'error', kind: 'text' }];
  const rows = lines.map(({ line, id, cells, words }) =>
    [...(isNumbered ? [id] : []), ...FIELDS.map((field) => textOf(field, cells[field.name])), line, words]);
  downloadTable('csv', t('import.rejected.name'), columns, rows);
}
