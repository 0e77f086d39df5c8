// @ts-check
/** Creates and changes an employee. What was typed stays until the server has it. */

import { changeEmployee, createEmployee, getEmployee, getOpenApi, getSummary, newKey, rowsChanged } from './api.js';
import { resolveConflict } from './conflict.js';
import { dropDraft, loadDraft, saveDraft } from './draft.js';
import { FIELDS, write } from './fields.js';
import { today } from './format.js';
import { ApiError } from './http.js';
import { Panel, panelAddress } from './panel.js';
import { Button, LinkButton } from './parts.js';
import { currentRoute, go } from './router.js';
import { creationSchema, explain, judge, withoutNulls } from './rules.js';
import { isEnding } from './session.js';
import { Explanation, Loaded } from './states.js';
import { TEXTS, t } from './texts.js';
import { toast } from './toast.js';
import { html, useEvent, useId, useLayoutEffect, useRef, useResource, useState } from './view.js';

/** @typedef {import('./api.js').Employee} Employee */
/** @typedef {import('./api.js').Values} Values */
/** @typedef {import('./draft.js').Draft} Draft */
/** @typedef {import('./http.js').FieldError} FieldError */
/** @typedef {{row: Employee | null, etag: string}} Saved what the server has; the row is null for a new employee */

/**
 * @typedef {object} Work what the form knows beside its inputs
 * @property {any} base the row on which the changes are based
 * @property {string} etag
 * @property {string} key sent any number of times, it creates one employee
 * @property {Values[]} unsettled sent under that key without getting an answer
 * @property {boolean} isSaving
 * @property {boolean} isUncertain whether a save got no answer: it may have taken effect
 * @property {AbortController} life
 * @property {string} [waiting] what will be saved when the network returns
 */

/** @type {Saved} */
const NONE = { row: null, etag: '' };
const INPUTS = {
  text: { type: 'text' },
  email: { type: 'email', inputmode: 'email' },
  money: { type: 'text', inputmode: 'decimal' },
  date: { type: 'date' },
};

/** @param {{route: import('./router.js').Route}} props */
export default function FormPanel({ route: { panel } }) {
  const id = panel?.kind === 'editar' ? panel.id : null;
  const saved = useResource(async (signal) => (id ? getEmployee(id, signal) : NONE), [id]);
  const { row } = saved.data ?? NONE;
  const title = row ? t('list.edit', { name: row.nombre }) : t(id ? 'form.edit.title' : 'form.new.title');
  const first = saved.data ? { ...saved, error: null } : saved; // the form has its own way to look at the row again
  return html`
    <${Panel} title=${title}>
      <${Loaded} from=${first} lines=${8}>${(/** @type {Saved} */ initial) => html`<${Form} initial=${initial} />`}<//>
    <//>`;
}

/** @param {{initial: Saved}} props */
function Form({ initial }) {
  const name = initial.row ? String(initial.row.id) : 'nuevo';
  const form = useRef(null);
  const summary = useRef(null);
  const [errors, setErrors] = useState(/** @type {FieldError[]} */ ([]));
  /** What else went wrong, instead of errors. */
  const [trouble, setTrouble] = useState(null);
  const [isRestored, setRestored] = useState(false);
  const [isSaving, setSaving] = useState(false);
  const work = useRef(/** @type {Work} */ (null));
  work.current ??= { ...fresh(initial), isSaving: false, isUncertain: false, life: new AbortController() };
  const state = work.current;
  const openapi = useResource(getOpenApi, []); // without it, the server alone says what is wrong
  const positions = useResource(getSummary, []); // it only saves typing
  const schema = openapi.data ? creationSchema(openapi.data) : null;
  const input = (/** @type {string} */ field) => form.current.elements[field];

  useLayoutEffect(() => {
    const draft = loadDraft(name);
    if (draft) Object.assign(state, { key: newKey(), unsettled: [], ...draft });
    fill(draft?.texts ?? saved());
    setRestored(Boolean(draft));
    input('nombre').focus();
    return () => state.life.abort();
  }, []);
  useLayoutEffect(() => {
    if (errors.length > 0 || trouble) summary.current.focus();
  }, [errors, trouble]);
  useEvent(window, 'beforeunload', (event) => isDirty() && !isEnding() && event.preventDefault());
  // Once, and only what was to be saved: not what is being typed by then.
  useEvent(window, 'online', () => {
    const { waiting } = state;
    state.waiting = '';
    if (waiting && JSON.stringify(typed()) === waiting) form.current.requestSubmit();
  });

  /** @returns {Record<string, string>} what the server has, as the inputs write it */
  function saved() {
    if (!state.base) return { fecha_contratacion: today() };
    return Object.fromEntries(FIELDS.map((field) => [field.name, write(field, state.base[field.name])]));
  }

  /** @returns {Record<string, string>} */
  function typed() {
    return Object.fromEntries(FIELDS.map((field) => [field.name, input(field.name).value]));
  }

  /** @param {Record<string, string>} texts */
  function fill(texts) {
    for (const field of FIELDS) input(field.name).value = texts[field.name] ?? '';
  }

  function isDirty() {
    const before = saved();
    return Object.entries(typed()).some(([field, text]) => text !== (before[field] ?? ''));
  }

  /** @returns {Draft} */
  const draft = () => {
    const { base, etag, key, unsettled } = state;
    return { texts: typed(), base, etag, key, unsettled };
  };

  function remember() {
    if (isDirty()) saveDraft(name, draft());
    else dropDraft(name);
  }

  function forget() {
    dropDraft(name);
    Object.assign(state, fresh(initial));
    fill(saved());
    setErrors([]);
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

  /** @param {SubmitEvent} event */
  async function submit(event) {
    event.preventDefault();
    if (state.isSaving) return; // a double click
    // An invalid date has an empty value: it must not pass for a date that was left out.
    const texts = Object.entries(typed()).map(([field, text]) => [field, input(field).validity.badInput ? '?' : text]);
    const { values, findings } = judge(schema, Object.fromEntries(texts));
    setTrouble(null);
    setErrors(findings.map((finding) => ({ campo: finding.field, regla: finding.rule, mensaje: words(finding) })));
    if (findings.length > 0) return;
    state.isSaving = true;
    setSaving(true);
    try {
      await send(values);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      state.isUncertain ||= error.isTemporary;
      if (error.errors.length > 0) setErrors(error.errors);
      else showFailure(error);
    } finally {
      state.isSaving = false;
      setSaving(false);
    }
  }

  /** @param {ApiError} error */
  function showFailure(error) {
    setTrouble(html`
      <${Explanation} error=${error} />
      <p>${t(state.isUncertain ? 'form.kept.uncertain' : 'form.kept')}</p>`);
    if (error.kind === 'silence' && !navigator.onLine) state.waiting = JSON.stringify(typed());
  }

  /** @param {Values} values */
  async function send(values) {
    const { base, etag, unsettled } = state;
    try {
      finish(base ? await changeEmployee(base.id, changed(base, values), etag) : await create(withoutNulls(values)));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.isKeyReused && unsettled.length > 0) await changeTheOneThatCameThrough(values);
      else if (error.status === 409 && !error.isTemporary && error.errors.length === 0)
        setErrors([{ campo: 'email', regla: 'unico', mensaje: error.detail || error.title }]);
      else if (base && error.status === 412) await settle(values);
      else if (base && error.status === 404) offerAgain();
      else throw error;
    }
  }

  /** @param {Values} values @returns {Promise<Employee>} */
  async function create(values) {
    try {
      return await createEmployee(values, state.key);
    } catch (error) {
      if (error instanceof ApiError && error.isTemporary) {
        state.unsettled.push(values);
        remember();
      }
      throw error;
    }
  }

  /** An earlier save with other values took effect: get its row and change that. @param {Values} values */
  async function changeTheOneThatCameThrough(values) {
    for (const sent of state.unsettled.splice(0).reverse()) {
      const row = await createEmployee(sent, state.key).catch((/** @type {ApiError} */ error) => {
        if (error.isKeyReused) return null; // it was one before that
        throw error;
      });
      if (!row) continue;
      Object.assign(state, { base: row, etag: `"${row.version}"` });
      await send(values);
      return;
    }
  }

  /** Someone else saved this row in the meantime, or our own save took effect unanswered. @param {Values} values */
  async function settle(values) {
    const theirs = await getEmployee(state.base.id);
    if (isSame(theirs.row, values)) return finish(theirs.row);
    const chosen = await resolveConflict(state.base, values, theirs.row, state.life.signal);
    if (!chosen) return;
    Object.assign(state, { base: theirs.row, etag: theirs.etag });
    fill(Object.fromEntries(FIELDS.map((field) => [field.name, write(field, chosen[field.name])])));
    remember();
    if (isDirty()) await send(chosen);
    else finish(theirs.row);
  }

  /** The row is gone: what was typed can become a new one. */
  function offerAgain() {
    saveDraft('nuevo', { texts: typed(), base: null, etag: '' });
    setTrouble(html`
      <h3>${t('form.gone.title')}</h3>
      <p>${t('form.gone.text')}</p>
      <${LinkButton} href=${panelAddress({ kind: 'nuevo' })} onClick=${() => dropDraft(name)}>${t('form.gone.again')}<//>`);
  }

  /** @param {Employee} row */
  function finish(row) {
    dropDraft(name);
    state.base = row;
    const isLeft = state.life.signal.aborted;
    if (!isLeft) fill(saved()); // nothing is left to warn about
    toast(t('form.saved', { name: row.nombre }));
    rowsChanged();
    if (!isLeft) go(panelAddress({ kind: 'ver', id: String(row.id) }), { replace: true });
  }

  const jump = (/** @type {Event} */ event, /** @type {string} */ field) => {
    event.preventDefault();
    input(field).focus();
  };
  return html`
    <form class="employee-form" novalidate ref=${form} onSubmit=${submit} onInput=${remember}>
      ${(errors.length > 0 || trouble) && html`
        <div class="message bad" tabindex="-1" role="alert" ref=${summary}>
          ${trouble ?? html`
            <h3>${t('form.errors.title')}</h3>
            <ul>
              ${errors.map(({ campo, mensaje }) => html`
                <li>
                  ${campo in form.current.elements
                    ? html`
                      <a href=${location.hash} onClick=${(/** @type {Event} */ event) => jump(event, campo)}>
                        ${t(`field.${campo}`)}: ${mensaje}
                      </a>`
                    : mensaje}
                </li>`)}
            </ul>`}
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

/** What a form begins with: its new employee has one key, so that it is created once however often it is sent. @param {Saved} saved */
const fresh = ({ row, etag }) => ({ base: row, etag, key: newKey(), unsettled: [] });

/** @param {import('./rules.js').Finding} finding @returns {string} a sentence of its own */
function words(finding) {
  const asked = `ask.${finding.field}`;
  if (finding.rule === 'rule.required' && asked in TEXTS) return t(asked);
  const text = explain(finding);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @param {Employee} base @param {Values} values @returns {Values} */
function changed(base, values) {
  const before = /** @type {Record<string, any>} */ (base);
  return Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== before[name]));
}

/** @param {Employee} row @param {Values} values */
const isSame = (row, values) =>
  Object.keys(changed(row, withoutNulls({ ...values, email: String(values.email).toLowerCase() }))).length === 0;
