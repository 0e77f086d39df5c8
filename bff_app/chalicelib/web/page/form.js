/** Creates and changes an employee. What was typed stays until the server has it. */

import { changeEmployee, createEmployee, getEmployee, getOpenApi, getSummary, newKey, rowsChanged } from './api.js';
import { resolveConflict } from './conflict.js';
import { dropDraft, loadDraft, saveDraft } from './draft.js';
import { FIELDS, write } from './fields.js';
import { today } from './format.js';
import { ApiError } from './http.js';
import { Button, LinkButton, Panel, panelAddress } from './parts.js';
import { currentRoute, go } from './router.js';
import { creationSchema, explain, judge, withoutNulls } from './rules.js';
import { isEnding } from './session.js';
import { Explanation, Loaded } from './states.js';
import { TEXTS, t } from './texts.js';
import { toast } from './toast.js';
import { html, useEvent, useId, useLayoutEffect, useRef, useResource, useState } from './view.js';

/** What the server has of a new employee. */
const NONE = { row: null, etag: '' };
const INPUTS = {
  text: { type: 'text' },
  email: { type: 'email', inputmode: 'email' },
  money: { type: 'text', inputmode: 'decimal' },
  date: { type: 'date' },
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
const beginning = ({ row, etag }) => ({ base: row, etag, key: newKey(), unsettled: [] });

function Form({ initial }) {
  const name = initial.row ? String(initial.row.id) : 'nuevo';
  const form = useRef(null);
  const summary = useRef(null);
  /** Errors of fields, or the content of another message. */
  const [problem, setProblem] = useState({ errors: [], message: null });
  const [isRestored, setRestored] = useState(false);
  const [isSaving, setSaving] = useState(false);
  const [state] = useState(() => ({ ...beginning(initial), isUncertain: false, waiting: '' }));
  const [life] = useState(() => new AbortController());
  const openapi = useResource(getOpenApi, []); // without it, the server alone says what is wrong
  const positions = useResource(getSummary, []); // it only saves typing
  const schema = openapi.data ? creationSchema(openapi.data) : null;
  const { errors, message } = problem;
  const showErrors = (found) => setProblem({ errors: found, message: null });
  const say = (content) => setProblem({ errors: [], message: content });

  useLayoutEffect(() => {
    const draft = loadDraft(name);
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
  const inWriting = (row) => Object.fromEntries(FIELDS.map((field) => [field.name, write(field, row[field.name])]));
  /** What the server has, as the inputs write it. */
  const saved = () => (state.base ? inWriting(state.base) : { fecha_contratacion: today() });
  const isDirty = () => FIELDS.some(({ name: field }) => input(field).value !== (saved()[field] ?? ''));

  function fill(texts) {
    for (const { name: field } of FIELDS) input(field).value = texts[field] ?? '';
  }

  /** */
  function draft() {
    const { base, etag, key, unsettled } = state;
    return { texts: typed(), base, etag, key, unsettled };
  }

  function remember() {
    if (isDirty()) saveDraft(name, draft());
    else dropDraft(name);
  }

  function forget() {
    dropDraft(name);
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
    dropDraft(name);
    fill(saved());
    const bringBack = () => {
      saveDraft(name, discarded);
      go(panelAddress(panel));
    };
    toast(t('form.discarded'), { action: { label: t('undo'), run: bringBack } });
  }

  async function submit(event) {
    event.preventDefault();
    if (isSaving) return; // a double click
    // An invalid date has an empty value: it must not pass for a date that was left out.
    const texts = Object.entries(typed()).map(([field, text]) => [field, input(field).validity.badInput ? '?' : text]);
    const { values, findings } = judge(schema, Object.fromEntries(texts));
    showErrors(findings.map((finding) => ({ campo: finding.field, mensaje: words(finding) })));
    if (findings.length > 0) return;
    setSaving(true);
    try {
      await send(values);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      state.isUncertain ||= error.isTemporary;
      if (error.errors.length > 0) showErrors(error.errors);
      else sayFailed(error);
    }
    setSaving(false);
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
        showErrors([{ campo: 'email', mensaje: error.detail || error.title }]);
      else if (base && error.status === 412) await settle(values);
      else if (base && error.status === 404) offerAgain();
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
    const theirs = await getEmployee(state.base.id);
    const isOurs = Object.keys(changed(theirs.row, { ...values, email: values.email.toLowerCase() })).length === 0;
    const chosen = isOurs ? values : await resolveConflict(state.base, values, theirs.row, life.signal);
    if (!chosen) return;
    Object.assign(state, { base: theirs.row, etag: theirs.etag });
    fill(inWriting(chosen));
    remember();
    if (!isOurs && isDirty()) await send(chosen);
    else finish(theirs.row);
  }

  /** The row is gone: what was typed can become a new one. */
  function offerAgain() {
    saveDraft('nuevo', { texts: typed(), base: null, etag: '' });
    say(html`
      <h3>${t('form.gone.title')}</h3>
      <p>${t('form.gone.text')}</p>
      <${LinkButton} href=${panelAddress({ kind: 'nuevo' })} onClick=${() => dropDraft(name)}>${t('form.gone.again')}<//>`);
  }

  function finish(row) {
    dropDraft(name);
    toast(t('form.saved', { name: row.nombre }));
    if (!life.signal.aborted) {
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
          <${Button} class="quiet" onClick=${forget}>${t('form.draft.discard')}<//>
        </div>`}
      ${FIELDS.map((field) => html`
        <${FieldInput} key=${field.name} field=${field} error=${errors.find(({ campo }) => campo === field.name)?.mensaje}
          choices=${field.name === 'posicion' ? (positions.data ?? []) : []} />`)}
      <div class="actions">
        <button class="primary" aria-disabled=${isSaving ? 'true' : null}>${t(isSaving ? 'saving' : 'save')}</button>
        <${LinkButton} href=${panelAddress(null)} onClick=${discard}>${t('cancel')}<//>
      </div>
    </form>`;
}

/** A labelled input with its error. */
function FieldInput({ field: { name, kind }, error, choices }) {
  const id = useId();
  return html`
    <div class=${`field field-${kind} ${error ? 'wrong' : ''}`}>
      <label for=${id}>${t(`field.${name}`)}</label>
      <p class="field-error" id=${`${id}-error`} hidden=${!error}>${error}</p>
      <input id=${id} name=${name} autocomplete="off" aria-describedby=${`${id}-error`} ...${INPUTS[kind]}
        aria-invalid=${error ? 'true' : null} list=${choices.length > 0 ? `${id}-choices` : null} />
      <datalist id=${`${id}-choices`}>${choices.map(({ posicion }) => html`<option value=${posicion} />`)}</datalist>
    </div>`;
}

function words(finding) {
  const asked = `ask.${finding.field}`;
  if (finding.rule === 'rule.required' && asked in TEXTS) return t(asked);
  const text = explain(finding);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** What of the values differs from a row. */
const changed = (row, values) => Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== row[name]));
