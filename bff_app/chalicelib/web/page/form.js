// @ts-check
/** Creates and changes an employee. What was typed stays until the server has it. */

import { redraw } from './accessibility.js';
import { changeEmployee, createEmployee, findByEmail, getEmployee, getOpenApi, getSummary } from './api.js';
import { rowsChanged } from './changes.js';
import { resolveConflict } from './conflict.js';
import { dropDraft, loadDraft, saveDraft } from './draft.js';
import { h, newId } from './element.js';
import { FIELDS, write } from './fields.js';
import { today } from './format.js';
import { ApiError } from './http.js';
import { panelFrame, panelLink, waitingFrame } from './panel.js';
import { button } from './parts.js';
import { newKey } from './request_key.js';
import { address, currentRoute, go } from './router.js';
import { creationSchema, explain, judge, withoutNulls } from './rules.js';
import { isEnding } from './session.js';
import { attempt, explanation } from './states.js';
import { TEXTS, t } from './texts.js';
import { toast } from './toast.js';

/** @typedef {import('./api.js').Employee} Employee */
/** @typedef {import('./http.js').FieldError} FieldError */
/** @typedef {import('./api.js').Values} Values */
/** @typedef {import('./fields.js').Field} Field */

/** @param {HTMLElement} root @param {import('./router.js').Route} route @param {AbortSignal} signal ends the form */
export async function mount(root, route, signal) {
  const { panel } = route;
  if (panel?.kind !== 'editar') {
    showForm(root, null, '', signal);
    return;
  }
  const frame = waitingFrame(root, t('form.edit.title'));
  await attempt(frame.body, signal, async () => {
    const { row, etag } = await getEmployee(panel.id, signal);
    showForm(root, row, etag, signal);
  });
}

/**
 * @param {HTMLElement} root
 * @param {Employee | null} initial the row to change, or null for a new one
 * @param {string} initialEtag
 * @param {AbortSignal} signal
 */
function showForm(root, initial, initialEtag, signal) {
  let base = initial;
  let etag = initialEtag;
  let isSaving = false;
  /** Whether a save got no answer: it may have taken effect. */
  let isUncertain = false;
  /** The key of this form's new employee: sent any number of times, it creates one. */
  let key = newKey();
  /** @type {Values[]} sent under that key without getting an answer */
  let unsettled = [];
  const name = initial ? String(initial.id) : 'nuevo';
  /** @type {import('./rules.js').Schema | null} */
  let schema = null;
  const frame = panelFrame(initial ? t('list.edit', { name: initial.nombre }) : t('form.new.title'));
  const inputs = new Map(FIELDS.map((field) => [field.name, fieldInput(field)]));
  const summary = h('div', { class: 'message bad', tabindex: '-1', role: 'alert', hidden: true });
  const note = h('div', { class: 'message warn', hidden: true });
  const save = h('button', { type: 'submit', class: 'primary' }, t('save'));
  const form = h(
    'form',
    { class: 'employee-form', novalidate: true, onsubmit: submit, oninput: remember },
    summary,
    note,
    ...[...inputs.values()].map(({ element }) => element),
    h('div', { class: 'actions' }, save, panelLink(null, { class: 'button', onclick: discard }, t('cancel'))),
  );
  frame.body.replaceChildren(form);
  root.replaceChildren(frame.element);

  fill(saved());
  restore();
  offerPositions(/** @type {HTMLInputElement} */ (inputs.get('posicion')?.input), signal);
  getOpenApi(signal).then(
    (openapi) => (schema = creationSchema(openapi)),
    () => undefined, // without it, the server alone says what is wrong
  );
  addEventListener('beforeunload', warn, { signal });
  inputs.get('nombre')?.input.focus();

  /** @returns {Record<string, string>} what the server has, as the inputs write it */
  function saved() {
    if (!base) return { fecha_contratacion: today() };
    const row = /** @type {Record<string, any>} */ (base);
    return Object.fromEntries(FIELDS.map((field) => [field.name, write(field, row[field.name])]));
  }

  /** @returns {Record<string, string>} */
  function typed() {
    return Object.fromEntries([...inputs].map(([field, { input }]) => [field, input.value]));
  }

  /** @param {Record<string, string>} texts */
  function fill(texts) {
    for (const [field, { input }] of inputs) input.value = texts[field] ?? '';
  }

  function isDirty() {
    const before = saved();
    return Object.entries(typed()).some(([field, text]) => text !== (before[field] ?? ''));
  }

  function remember() {
    if (isDirty()) saveDraft(name, { texts: typed(), base, etag, key, unsettled });
    else dropDraft(name);
  }

  function restore() {
    const draft = loadDraft(name);
    if (!draft) return;
    ({ base, etag, key = key, unsettled = [] } = draft);
    fill(draft.texts);
    note.replaceChildren(
      h('p', {}, t('form.draft.restored')),
      button(t('form.draft.discard'), forget, { class: 'quiet' }),
    );
    note.hidden = false;
  }

  function forget() {
    dropDraft(name);
    base = initial;
    etag = initialEtag;
    key = newKey();
    unsettled = [];
    fill(saved());
    showErrors([]);
    note.hidden = true;
    inputs.get('nombre')?.input.focus();
  }

  /** Cancelling discards what was typed, and can be undone. */
  function discard() {
    if (!isDirty()) return;
    const draft = { texts: typed(), base, etag, key, unsettled };
    const { panel } = currentRoute();
    dropDraft(name);
    fill(saved());
    const bringBack = () => {
      saveDraft(name, draft);
      go(address('empleados', currentRoute().query, panel));
    };
    toast(t('form.discarded'), { action: { label: t('undo'), run: bringBack } });
  }

  /** @param {BeforeUnloadEvent} event */
  function warn(event) {
    if (isDirty() && !isEnding()) event.preventDefault();
  }

  /** @param {FieldError[]} errors */
  function showErrors(errors) {
    for (const [field, { say }] of inputs) say(errors.find(({ campo }) => campo === field)?.mensaje ?? '');
    summary.hidden = errors.length === 0;
    summary.replaceChildren(
      h('h3', {}, t('form.errors.title')),
      h('ul', {}, ...errors.map(({ campo, mensaje }) => h('li', {}, errorLink(campo, mensaje)))),
    );
    if (errors.length > 0) summary.focus();
  }

  /** @param {string} campo @param {string} mensaje */
  function errorLink(campo, mensaje) {
    const target = inputs.get(campo)?.input;
    if (!target) return mensaje;
    const jump = (/** @type {Event} */ event) => {
      event.preventDefault();
      target.focus();
    };
    return h('a', { href: location.hash, onclick: jump }, `${t(`field.${campo}`)}: ${mensaje}`);
  }

  /** @param {ApiError} error */
  function showFailure(error) {
    summary.replaceChildren(...explanation(error), h('p', {}, t(isUncertain ? 'form.kept.uncertain' : 'form.kept')));
    summary.hidden = false;
    summary.focus();
    if (error.kind === 'silence' && !navigator.onLine) saveWhenOnline();
  }

  /** Once, and only what was to be saved: not what is being typed by then. */
  function saveWhenOnline() {
    const sent = JSON.stringify(typed());
    const retry = () => form.isConnected && JSON.stringify(typed()) === sent && form.requestSubmit();
    addEventListener('online', retry, { once: true, signal });
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    if (isSaving) return; // a double click
    const { values, errors } = readInputs(inputs, schema);
    showErrors(errors);
    if (errors.length > 0) return;
    isSaving = true;
    save.setAttribute('aria-disabled', 'true');
    save.textContent = t('saving');
    try {
      await send(values);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      isUncertain ||= error.isTemporary;
      if (error.errors.length > 0) showErrors(error.errors);
      else showFailure(error);
    } finally {
      isSaving = false;
      save.removeAttribute('aria-disabled');
      save.textContent = t('save');
    }
  }

  /** @param {Values} values */
  async function send(values) {
    try {
      finish(base ? await changeEmployee(base.id, changed(base, values), etag) : await create(withoutNulls(values)));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.isKeyReused && unsettled.length > 0) await changeTheOneThatCameThrough(withoutNulls(values));
      else if (error.status === 409 && !error.isTemporary) await explainTaken(values, error);
      else if (base && error.status === 412) await settle(values);
      else if (base && error.status === 404) offerAgain();
      else throw error;
    }
  }

  /** @param {Values} values @returns {Promise<Employee>} */
  async function create(values) {
    try {
      return await createEmployee(values, key);
    } catch (error) {
      if (error instanceof ApiError && error.isTemporary) {
        unsettled.push(values);
        remember();
      }
      throw error;
    }
  }

  /** An earlier save with other values took effect: get its row and change that. @param {Values} values */
  async function changeTheOneThatCameThrough(values) {
    try {
      base = await createEmployee(unsettled[unsettled.length - 1], key);
    } catch (error) {
      if (!(error instanceof ApiError && error.isKeyReused && unsettled.length > 1)) throw error;
      unsettled.pop(); // it was one before that
      await changeTheOneThatCameThrough(values);
      return;
    }
    etag = `"${base.version}"`;
    unsettled = [];
    await send(values);
  }

  /** After a lost answer, this form's own row may have the address. @param {Values} values @param {ApiError} error */
  async function explainTaken(values, error) {
    const owner = await findByEmail(String(values.email)).catch(() => undefined);
    if (!base && isUncertain && owner && isSame(owner, values)) {
      finish(owner);
      return;
    }
    showErrors(
      error.errors.length > 0
        ? error.errors
        : [{ campo: 'email', regla: 'unico', mensaje: error.detail || error.title }],
    );
  }

  /** Someone else saved this row in the meantime, or our own save took effect unanswered. @param {Values} values */
  async function settle(values) {
    if (!base) return;
    const theirs = await getEmployee(base.id);
    if (isSame(theirs.row, values)) {
      finish(theirs.row);
      return;
    }
    const choice = await resolveConflict(base, values, theirs.row, signal);
    if (choice.kind === 'later') return;
    base = theirs.row;
    etag = theirs.etag;
    fill(Object.fromEntries(FIELDS.map((field) => [field.name, write(field, choice.values[field.name])])));
    remember();
    if (isDirty()) await send(choice.values);
    else finish(theirs.row);
  }

  /** The row is gone: what was typed can become a new one. */
  function offerAgain() {
    saveDraft('nuevo', { texts: typed(), base: null, etag: '' });
    summary.replaceChildren(
      h('h3', {}, t('form.gone.title')),
      h('p', {}, t('form.gone.text')),
      panelLink({ kind: 'nuevo' }, { class: 'button', onclick: () => dropDraft(name) }, t('form.gone.again')),
    );
    summary.hidden = false;
    summary.focus();
  }

  /** @param {Employee} row */
  function finish(row) {
    dropDraft(name);
    base = row;
    fill(saved()); // nothing is left to warn about
    toast(t('form.saved', { name: row.nombre }));
    rowsChanged();
    if (!signal.aborted)
      go(address('empleados', currentRoute().query, { kind: 'ver', id: String(row.id) }), { replace: true });
  }
}

/**
 * A labelled input with room for its error.
 *
 * @param {Field} field
 */
function fieldInput(field) {
  const id = newId();
  const attributes = {
    text: { type: 'text' },
    email: { type: 'email', inputmode: 'email' },
    money: { type: 'text', inputmode: 'decimal' },
    date: { type: 'date' },
  };
  const error = h('p', { class: 'field-error', id: `${id}-error`, hidden: true });
  const input = h('input', {
    id,
    name: field.name,
    autocomplete: 'off',
    'aria-describedby': `${id}-error`,
    ...attributes[field.kind],
  });
  const element = h(
    'div',
    { class: `field field-${field.kind}` },
    h('label', { for: id }, t(`field.${field.name}`)),
    error,
    input,
  );
  /** @param {string} text */
  const say = (text) => {
    error.textContent = text;
    error.hidden = text === '';
    element.classList.toggle('wrong', text !== '');
    if (text) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
  };
  return { field, element, input: /** @type {HTMLInputElement} */ (input), say };
}

/**
 * @param {Map<string, ReturnType<typeof fieldInput>>} inputs
 * @param {import('./rules.js').Schema | null} schema
 * @returns {{values: Values, errors: FieldError[]}}
 */
function readInputs(inputs, schema) {
  // An invalid date has an empty value: it must not pass for a date that was left out.
  const text = (/** @type {HTMLInputElement} */ input) => (input.validity.badInput ? '?' : input.value);
  const { values, findings } = judge(
    schema,
    Object.fromEntries([...inputs].map(([name, { input }]) => [name, text(input)])),
  );
  const errors = findings.map((finding) => ({ campo: finding.field, regla: finding.rule, mensaje: words(finding) }));
  return { values, errors };
}

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
function isSame(row, values) {
  const sent = withoutNulls(
    typeof values.email === 'string' ? { ...values, email: values.email.toLowerCase() } : values,
  );
  return Object.keys(changed(row, sent)).length === 0;
}

/** @param {HTMLInputElement} input @param {AbortSignal} signal */
async function offerPositions(input, signal) {
  const groups = await getSummary(signal).catch(() => []); // it only saves typing
  const list = h('datalist', { id: newId() }, ...groups.map((group) => h('option', { value: group.posicion })));
  input.after(list);
  input.setAttribute('list', list.id);
}
