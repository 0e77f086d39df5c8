/** Creates and changes an employee. What was typed stays until the server has it. */

import {
  changeEmployee, createEmployee, employeeEvents, getEmployee, getSummary, newId, restoreLeaver, rowsChanged,
} from './api.js';
import { resolveConflict } from './conflict.js';
import { FIELDS, isCalendarDay, label, read, type, withoutNulls } from './fields.js';
import { today } from './format.js';
import { ApiError } from './http.js';
import { draftName, forget, keep, recall } from './memory.js';
import { toast } from './notices.js';
import { Button, Explanation, LinkButton, Loaded, OWN, Panel, panelAddress } from './parts.js';
import { address, currentRoute, go } from './router.js';
import { isEnding } from './session.js';
import { fold } from './text.js';
import { html, useEvent, useId, useLayoutEffect, useRef, useResource, useState } from './view.js';
import { TEXTS, t } from './view_texts.js';

/** What the server has of a new employee. */
const NONE = { row: null, etag: '' };
const INPUTS = {
  text: { type: 'text' },
  email: { type: 'email', inputmode: 'email' },
  money: { type: 'text', inputmode: 'decimal' },
  date: { type: 'text', inputmode: 'numeric' },
};

export default function FormPanel({ route: { panel } }) {
  const id = panel.kind === 'editar' ? panel.id : null;
  const saved = useResource(async (signal) => (id ? getEmployee(id, signal) : NONE), [id]);
  const { row } = saved.data ?? NONE;
  const title = row ? t('list.edit', { name: row.nombre }) : t(id ? 'form.edit.title' : 'form.new.title');
  const first = saved.data ? { ...saved, error: null } : saved; // the form has its own way to look at the row again
  return html`
    <${Panel} title=${title}>
      <${Loaded} from=${first} lines=${8}>${(initial) => html`<${Form} initial=${initial} />`}<//>
    <//>`;
}

/** Where a form begins: the row that its changes are based on, and the key under which it creates one employee at most. */
const beginning = ({ row, etag }) => ({ base: row, etag, key: `"${newId()}"`, unsettled: [] });

function Form({ initial }) {
  const name = draftName(initial.row?.id);
  const form = useRef(null);
  const summary = useRef(null);
  /** Errors of fields, or the content of another message. */
  const [problem, setProblem] = useState({ errors: [], message: null });
  const [isRestored, setRestored] = useState(false);
  const [isSaving, setSaving] = useState(false);
  /** What is allowed and unusual, by field. */
  const [doubts, setDoubts] = useState({});
  const [state] = useState(() => ({ ...beginning(initial), isUncertain: false, waiting: '' }));
  const [life] = useState(() => new AbortController());
  const positions = useResource(getSummary, []); // it only saves typing
  const { errors, message } = problem;
  const showErrors = (found) => setProblem({ errors: found, message: null });
  const say = (content) => setProblem({ errors: [], message: content });

  useLayoutEffect(() => {
    const draft = recall(name);
    Object.assign(state, draft && { key: state.key, unsettled: [], ...draft });
    fill(draft?.texts ?? saved());
    setRestored(Boolean(draft));
    input('nombre').focus();
    return () => life.abort();
  }, []);
  useLayoutEffect(() => summary.current?.focus(), [problem]);
  useEvent(window, 'beforeunload', (event) => isDirty() && !isEnding() && event.preventDefault());
  // Once, and only what was to be saved: not what is being typed by then.
  useEvent(window, 'online', () => {
    if (state.waiting === JSON.stringify(typed())) form.current.requestSubmit();
    state.waiting = '';
  });

  const input = (field) => form.current.elements[field];
  const typed = () => Object.fromEntries(FIELDS.map(({ name: field }) => [field, input(field).value]));
  const inWriting = (row) => Object.fromEntries(FIELDS.map((field) => [field.name, type(field, row[field.name])]));
  /** What the server has, as the inputs write it. */
  const saved = () => (state.base ? inWriting(state.base) : { fecha_contratacion: inWriting({ fecha_contratacion: today() }).fecha_contratacion });
  const isDirty = () => FIELDS.some(({ name: field }) => input(field).value !== (saved()[field] ?? ''));

  function fill(texts) {
    for (const { name: field } of FIELDS) input(field).value = texts[field] ?? '';
  }

  function draft() {
    const { base, etag, key, unsettled } = state;
    return { texts: typed(), base, etag, key, unsettled };
  }

  function remember() {
    if (isDirty()) keep(name, draft());
    else forget(name);
    const base = state.base ?? {};
    setDoubts(Object.fromEntries(FIELDS.map((field) => [field.name, doubt(field, input(field.name).value, base, positions.data ?? [])])));
  }

  /** Take over what a doubt proposes. */
  function take(field, text) {
    input(field).value = text;
    input(field).focus();
    remember();
  }

  function startAgain() {
    forget(name);
    Object.assign(state, beginning(initial));
    fill(saved());
    showErrors([]);
    setRestored(false);
    input('nombre').focus();
  }

  /** Cancelling discards what was typed, and can be undone. */
  function discard() {
    if (!isDirty()) return;
    const discarded = draft();
    const { panel } = currentRoute();
    forget(name);
    fill(saved());
    const bringBack = () => {
      keep(name, discarded);
      go(panelAddress(panel));
    };
    toast(t('form.discarded'), { action: { label: t('undo'), run: bringBack } });
  }

  async function submit(event) {
    event.preventDefault();
    if (isSaving) return; // a double click
    const values = Object.fromEntries(FIELDS.map((field) => [field.name, read(field, input(field.name).value)]));
    showErrors([]);
    state.isOneOfMany = event.submitter?.name === 'another';
    if (state.base && !state.isUncertain && Object.keys(changed(state.base, values)).length === 0) {
      finish(state.base, t('form.unchanged'));
      return;
    }
    setSaving(true);
    try {
      await send(values);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      state.isUncertain ||= error.isTemporary;
      if (error.errors.length > 0) showErrors(error.errors.map(inWords));
      else sayFailed(error);
    }
    setSaving(false);
  }

  /** An empty field asks for its value; of the others the server says what is wrong. */
  function inWords(error) {
    const isEmpty = input(error.campo)?.value.trim() === '' && `ask.${error.campo}` in TEXTS;
    return isEmpty ? { ...error, mensaje: t(`ask.${error.campo}`) } : error;
  }

  function sayFailed(error) {
    say(html`<${Explanation} error=${error} /><p>${t(state.isUncertain ? 'form.kept.uncertain' : 'form.kept')}</p>`);
    if (error.kind === 'silence' && !navigator.onLine) state.waiting = JSON.stringify(typed());
  }

  async function send(values) {
    const { base, etag, unsettled } = state;
    try {
      finish(base ? await changeEmployee(base.id, changed(base, values), etag) : await create(withoutNulls(values)));
    } catch (error) {
      if (error.isKeyReused && unsettled.length > 0) await changeTheOneThatCameThrough(values);
      else if (error.status === 409 && !error.isTemporary && error.errors.length === 0)
        showErrors([{ campo: 'email', mensaje: error.detail || error.title, holder: error.document.empleado }]);
      else if (base && error.status === 412) await settle(values);
      else if (base && error.status === 404) offerToRestore();
      else throw error;
    }
  }

  async function create(values) {
    try {
      return await createEmployee(values, state.key);
    } catch (error) {
      if (error.isTemporary) {
        state.unsettled.push(values);
        remember();
      }
      throw error;
    }
  }

  /** An earlier save with other values took effect, the last or one before it: get its row and change that. */
  async function changeTheOneThatCameThrough(values) {
    for (const sent of state.unsettled.splice(0).reverse()) {
      const row = await createEmployee(sent, state.key).catch((error) => {
        if (!error.isKeyReused) throw error;
      });
      if (!row) continue;
      Object.assign(state, { base: row, etag: `"${row.version}"` });
      await send(values);
      return;
    }
  }

  /** Someone else saved this row in the meantime, or our own save took effect unanswered. */
  async function settle(values) {
    const { id } = state.base;
    const [theirs, events] = await Promise.all([getEmployee(id), employeeEvents(id, '').catch(() => null)]);
    const isOurs = Object.keys(changed(theirs.row, { ...values, email: values.email.toLowerCase() })).length === 0;
    const actor = events?.rows[0]?.actor;
    const chosen = isOurs ? values : await resolveConflict(state.base, values, theirs.row, actor, life.signal);
    if (!chosen) return;
    Object.assign(state, { base: theirs.row, etag: theirs.etag });
    fill(inWriting(chosen));
    remember();
    if (!isOurs && isDirty()) await send(chosen);
    else finish(theirs.row, isOurs ? undefined : t('conflict.discarded'));
  }

  /** The row is a leaver's now. Restored, it has a new version: the save compares it with what this form began with. */
  function offerToRestore() {
    const restore = async () => {
      try {
        await restoreLeaver(state.base.id);
        form.current.requestSubmit();
      } catch (error) {
        sayFailed(error);
      }
    };
    say(html`
      <h3>${t('form.gone.title')}</h3>
      <p>${t('form.gone.text')}</p>
      <${Button} icon="restore" onClick=${restore}>${t('form.gone.restore')}<//>`);
  }

  function finish(row, said = t('form.saved', { name: row.nombre })) {
    forget(name);
    toast(said);
    if (!life.signal.aborted && state.isOneOfMany) {
      Object.assign(state, beginning(NONE));
      fill(saved());
      input('nombre').focus();
    } else if (!life.signal.aborted) {
      state.base = row;
      fill(saved()); // nothing is left to warn about
      go(panelAddress({ kind: 'ver', id: String(row.id) }), { replace: true });
    }
    rowsChanged();
  }

  const link = ({ campo, mensaje }) => {
    const jump = (event) => {
      event.preventDefault();
      input(campo).focus();
    };
    return html`<a href=${location.hash} onClick=${jump}>${t(`field.${campo}`)}: ${mensaje}</a>`;
  };
  return html`
    <form class="employee-form" novalidate ref=${form} onSubmit=${submit} onInput=${remember}>
      ${(errors.length > 0 || message) && html`
        <div class="message bad" tabindex="-1" role="alert" ref=${summary}>
          ${message ?? html`
            <h3>${t('form.errors.title')}</h3>
            <ul>${errors.map((error) => html`<li>${input(error.campo) ? link(error) : error.mensaje}</li>`)}</ul>`}
        </div>`}
      ${isRestored && html`
        <div class="message warn">
          <p>${t('form.draft.restored')}</p>
          <${Button} class="quiet" onClick=${startAgain}>${t('form.draft.discard')}<//>
        </div>`}
      ${FIELDS.map((field) => html`
        <${FieldInput} key=${field.name} field=${field} error=${errors.find(({ campo }) => campo === field.name)}
          doubt=${doubts[field.name]} take=${take}
          choices=${field.name === 'posicion' ? (positions.data ?? []) : []} />`)}
      <div class="actions">
        <button class="primary" aria-disabled=${isSaving ? 'true' : null}>${t(isSaving ? 'saving' : 'save')}</button>
        ${!initial.row && html`<button name="another">${t('form.another')}</button>`}
        <${LinkButton} class="quiet" href=${panelAddress(null)} onClick=${discard}>${t('cancel')}<//>
      </div>
    </form>`;
}

/** A labelled input with how to write its value, its error, and what is unusual. */
function FieldInput({ field, error, doubt: found, take, choices }) {
  const id = useId();
  const { name, kind, isRequired } = field;
  const hint = `hint.${kind}` in TEXTS && t(`hint.${kind}`);
  const { holder } = error ?? {};
  return html`
    <div class=${`field field-${kind} ${error ? 'wrong' : ''}`}>
      <label for=${id}>${label(field)}</label>
      ${hint && html`<p class="muted" id=${`${id}-hint`}>${hint}</p>`}
      <p class="field-error" id=${`${id}-error`} hidden=${!error}>
        ${error?.mensaje}
        ${holder && html` <a href=${address('empleados', {}, { kind: 'ver', id: String(holder.id) })} ...${OWN}>${holder.nombre}</a>`}
      </p>
      <input id=${id} name=${name} autocomplete="off" aria-describedby=${`${id}-hint ${id}-error ${id}-doubt`} ...${INPUTS[kind]}
        required=${isRequired} dir="auto" aria-invalid=${error ? 'true' : null} list=${choices.length > 0 ? `${id}-choices` : null} />
      <datalist id=${`${id}-choices`}>${choices.map(({ posicion }) => html`<option value=${posicion} />`)}</datalist>
      <p class="field-doubt warn" id=${`${id}-doubt`} hidden=${!found}>
        ${found?.text}
        ${found?.proposal && html` <${Button} class="quiet" onClick=${() => take(name, found.proposal)}>${t('doubt.take', { value: found.proposal })}<//>`}
      </p>
    </div>`;
}

/** What of a value is allowed and rarely meant. */
function doubt(field, text, base, positions) {
  const value = read(field, text);
  if (value === base[field.name]) return null;
  if (field.kind === 'date' && isCalendarDay(value) && value > today()) return { text: t('doubt.future') };
  if (field.kind === 'money' && value === 0) return { text: t('doubt.zero') };
  if (field.name !== 'posicion' || positions.some(({ posicion }) => posicion === value)) return null;
  const [similar] = positions.filter(({ posicion }) => fold(posicion) === fold(text));
  return similar ? { text: t('doubt.position', { n: similar.empleados }), proposal: similar.posicion } : null;
}

/** What of the values differs from a row. */
const changed = (row, values) => Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== row[name]));
