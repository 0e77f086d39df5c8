/** Creates and changes an employee. What was typed stays until the server has it. */

import {
  changeEmployee, createEmployee, employeeEvents, getEmployee, getSummary, newId, restoreLeaver, rowsChanged,
} from './api.js';
import { resolveConflict } from './conflict.js';
import { FIELDS, isCalendarDay, label, read, today, type, withoutNulls } from './fields.js';
import { ApiError } from './http.js';
import { draftName, forget, keep, recall } from './memory.js';
import { toast } from './notices.js';
import { Button, Explanation, LinkButton, Loaded, OWN, Panel, panelAddress } from './parts.js';
import { address, currentRoute, go } from './router.js';
import { isEnding } from './session.js';
import { fold } from './text.js';
import { html, useEvent, useId, useLayoutEffect, useRef, useResource, useState } from './view.js';
import { TEXTS, t } from './view_texts.js';

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
  const title = row ? t('list.edit', { name: row.nombre }) : t(id ? 'edit' : 'form.new.title');
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
  const [draft] = useState(() => recall(name));
  const [state] = useState(() => ({ ...beginning(initial), ...draft, isUncertain: false, waiting: '' }));
  const [texts, setTexts] = useState(() => draft?.texts ?? saved());
  /** Errors of fields, or the content of another message. */
  const [problem, setProblem] = useState({});
  const [isRestored, setRestored] = useState(Boolean(draft));
  const [isSaving, setSaving] = useState(false);
  const [life] = useState(() => new AbortController());
  state.texts = texts; // a save goes on while more is typed
  const positions = useResource(getSummary, []); // it only saves typing
  const { errors = [], message, holder } = problem;

  useLayoutEffect(() => {
    focus('nombre');
    return () => life.abort();
  }, []);
  useLayoutEffect(() => summary.current?.focus(), [problem]);
  useEvent(window, 'beforeunload', (event) => isDirty(texts) && !isEnding() && event.preventDefault());
  // Once, and only what was to be saved: not what is being typed by then.
  useEvent(window, 'online', () => {
    if (state.waiting === JSON.stringify(texts)) form.current.requestSubmit();
    state.waiting = '';
  });

  /** What the server has, as the inputs write it. */
  function saved() {
    return inWriting(state.base ?? { fecha_contratacion: today() });
  }

  function isDirty(written) {
    return FIELDS.some(({ name: field }) => written[field] !== saved()[field]);
  }

  function focus(field) {
    form.current.elements[field].focus();
  }

  function draftOf(written) {
    const { base, etag, key, unsettled } = state;
    return { texts: written, base, etag, key, unsettled };
  }

  function write(written) {
    setTexts(written);
    if (isDirty(written)) keep(name, draftOf(written));
    else forget(name);
  }

  function startAgain(row = initial) {
    Object.assign(state, beginning(row));
    write(saved());
    setProblem({});
    setRestored(false);
    focus('nombre');
  }

  /** Cancelling discards what was typed, and can be undone. */
  function discard() {
    if (!isDirty(texts)) return;
    const discarded = draftOf(texts);
    const { panel } = currentRoute();
    write(saved());
    const bringBack = () => {
      keep(name, discarded);
      go(panelAddress(panel));
    };
    toast(t('form.discarded'), { action: { label: t('undo'), run: bringBack } });
  }

  async function submit(event) {
    event.preventDefault();
    if (isSaving) return; // a double click
    const values = Object.fromEntries(FIELDS.map((field) => [field.name, read(field, texts[field.name])]));
    setProblem({});
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
      if (error.errors.length > 0) setProblem({ errors: error.errors.map(inWords), holder: error.document.empleado });
      else sayFailed(error);
    }
    setSaving(false);
  }

  /** An empty field asks for its value; of the others the server says what is wrong. */
  function inWords(error) {
    const isEmpty = texts[error.campo]?.trim() === '' && `ask.${error.campo}` in TEXTS;
    return isEmpty ? { ...error, mensaje: t(`ask.${error.campo}`) } : error;
  }

  function sayFailed(error) {
    const kept = t(state.isUncertain ? 'form.kept.uncertain' : 'form.kept');
    setProblem({ message: html`<${Explanation} error=${error} /><p>${kept}</p>` });
    if (error.kind === 'silence' && !navigator.onLine) state.waiting = JSON.stringify(texts);
  }

  async function send(values) {
    const { base, etag, unsettled } = state;
    try {
      finish(base ? await changeEmployee(base.id, changed(base, values), etag) : await create(withoutNulls(values)));
    } catch (error) {
      if (error.isKeyReused && unsettled.length > 0) await changeTheOneThatCameThrough(values);
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
        write(state.texts);
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
    const actor = events?.rows[0]?.actor ?? t('conflict.someone');
    const chosen = isOurs ? values : await resolveConflict(state.base, values, theirs.row, actor, life.signal);
    if (!chosen) return;
    Object.assign(state, { base: theirs.row, etag: theirs.etag });
    write(inWriting(chosen));
    if (!isOurs && isDirty(inWriting(chosen))) await send(chosen);
    else finish(theirs.row, isOurs ? undefined : t('conflict.discarded'));
  }

  /** The row is a leaver's now. Restored, it has a new version: the save compares it with what this form began with. */
  function offerToRestore() {
    const restore = () => restoreLeaver(state.base.id).then(() => form.current.requestSubmit(), sayFailed);
    const message = html`
      <h3>${t('form.gone.title')}</h3>
      <p>${t('form.gone.text')}</p>
      <${Button} icon="restore" onClick=${restore}>${t('form.gone.restore')}<//>`;
    setProblem({ message });
  }

  function finish(row, said = t('form.saved', { name: row.nombre })) {
    forget(name);
    toast(said);
    if (!life.signal.aborted && state.isOneOfMany) startAgain(NONE);
    else if (!life.signal.aborted) {
      state.base = row;
      write(saved()); // nothing is left to warn about
      go(panelAddress({ kind: 'ver', id: String(row.id) }), { replace: true });
    }
    rowsChanged();
  }

  const link = ({ campo, mensaje }) => {
    const jump = (event) => {
      event.preventDefault();
      focus(campo);
    };
    return html`<a href=${location.hash} onClick=${jump}>${t(`field.${campo}`)}: ${mensaje}</a>`;
  };
  return html`
    <form class="employee-form" novalidate ref=${form} onSubmit=${submit}>
      ${(errors.length > 0 || message) && html`
        <div class="message bad" tabindex="-1" role="alert" ref=${summary}>
          ${message ?? html`
            <h3>${t('form.errors.title')}</h3>
            <ul>${errors.map((error) => html`<li>${error.campo in texts ? link(error) : error.mensaje}</li>`)}</ul>`}
        </div>`}
      ${isRestored && html`
        <div class="message warn">
          <p>${t('form.draft.restored')}</p>
          <${Button} class="quiet" onClick=${() => startAgain()}>${t('form.draft.discard')}<//>
        </div>`}
      ${FIELDS.map((field) => html`
        <${FieldInput} key=${field.name} field=${field} value=${texts[field.name]} error=${errors.find(({ campo }) => campo === field.name)} holder=${holder}
          write=${(text) => write({ ...texts, [field.name]: text })} focus=${focus} base=${state.base ?? {}} positions=${positions.data ?? []} />`)}
      <div class="actions">
        <button class="primary" aria-disabled=${isSaving ? 'true' : null}>${t(isSaving ? 'saving' : 'save')}</button>
        ${!initial.row && html`<button name="another">${t('form.another')}</button>`}
        <${LinkButton} class="quiet" href=${panelAddress(null)} onClick=${discard}>${t('cancel')}<//>
      </div>
    </form>`;
}

const inWriting = (row) => Object.fromEntries(FIELDS.map((field) => [field.name, type(field, row[field.name])]));

/** `holder` is who has the address already. */
function FieldInput({ field, value, error, holder, write, focus, base, positions }) {
  const id = useId();
  const { name, kind, isRequired } = field;
  const hint = `hint.${kind}` in TEXTS && t(`hint.${kind}`);
  const found = doubt(field, value, base, positions);
  const take = () => {
    write(found.proposal);
    focus(name);
  };
  return html`
    <div class=${`field field-${kind} ${error ? 'wrong' : ''}`}>
      <label for=${id}>${label(field)}</label>
      ${hint && html`<p class="muted" id=${`${id}-hint`}>${hint}</p>`}
      <p class="field-error" id=${`${id}-error`} hidden=${!error}>
        ${error?.mensaje}
        ${error && holder && html` <a href=${address('empleados', {}, { kind: 'ver', id: String(holder.id) })} ...${OWN}>${holder.nombre}</a>`}
      </p>
      <input id=${id} name=${name} value=${value} onInput=${({ target }) => write(target.value)} autocomplete="off" ...${INPUTS[kind]}
        aria-describedby=${`${id}-hint ${id}-error ${id}-doubt`} required=${isRequired} dir="auto" aria-invalid=${error ? 'true' : null}
        list=${name === 'posicion' ? `${id}-choices` : null} />
      ${name === 'posicion' && html`
        <datalist id=${`${id}-choices`}>${positions.map(({ posicion }) => html`<option value=${posicion} />`)}</datalist>`}
      <p class="field-doubt warn" id=${`${id}-doubt`} hidden=${!found}>
        ${found?.text}
        ${found?.proposal && html` <${Button} class="quiet" onClick=${take}>${t('doubt.take', { value: found.proposal })}<//>`}
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

const changed = (row, values) => Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== row[name]));
