// @ts-check
/** Creates and changes an employee. What was typed stays until the server has it. */

import { redraw } from './accessibility.js';
import { changeEmployee, createEmployee, findByEmail, getEmployee, getSummary } from './api.js';
import { rowsChanged } from './changes.js';
import { resolveConflict } from './conflict.js';
import { dropDraft, loadDraft, saveDraft } from './draft.js';
import { h, newId } from './element.js';
import { FIELDS, read, write } from './fields.js';
import { today } from './format.js';
import { ApiError } from './http.js';
import { panelFrame, panelLink, waitingFrame } from './panel.js';
import { newKey } from './request_key.js';
import { address, currentRoute, go } from './router.js';
import { isEnding } from './session.js';
import { explanation, failure } from './states.js';
import { t } from './texts.js';
import { toast } from './toast.js';

/** @typedef {import('./api.js').Employee} Employee */
/** @typedef {import('./http.js').FieldError} FieldError */
/** @typedef {import('./api.js').Values} Values */
/** @typedef {import('./fields.js').Field} Field */

/**
 * @param {HTMLElement} root
 * @param {import('./router.js').Route} route
 * @param {AbortSignal} signal ends the form
 */
export async function mount(root, route, signal) {
  const { panel } = route;
  if (panel?.kind !== 'editar') {
    showForm(root, null, '', signal);
    return;
  }
  const frame = waitingFrame(root, t('form.edit.title'));
  try {
    const { row, etag } = await getEmployee(panel.id, signal);
    showForm(root, row, etag, signal);
  } catch (error) {
    if (!signal.aborted)
      redraw(
        frame.body,
        failure(/** @type {ApiError} */ (error), () => mount(root, route, signal)),
      );
  }
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
  /** Whether a save was sent of which no answer came: it may have been done. */
  let isUncertain = false;
  /** The name of this form's new employee: however often he is sent, there will be one. */
  let key = newKey();
  /** @type {Values[]} what was sent under it, of which no answer came */
  let unsettled = [];
  const name = initial ? String(initial.id) : 'nuevo';
  const frame = panelFrame(initial ? t('form.edit.title') : t('form.new.title'));
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
      h('button', { type: 'button', class: 'quiet', onclick: forget }, t('form.draft.discard')),
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

  /** Cancelling means to forget, and that too can be taken back. */
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
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    if (isSaving) return; // a double click
    const { values, errors } = readInputs(inputs);
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

  /** An earlier save of this form, with other values, came through without its answer: it is asked for again. @param {Values} values */
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

  /** The address may be taken by the row that this very form wrote, when the answer to the first try was lost. @param {Values} values @param {ApiError} error */
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

  /** Somebody else saved this row in the meantime, or our own save came through without its answer. @param {Values} values */
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

/** @param {Map<string, ReturnType<typeof fieldInput>>} inputs @returns {{values: Values, errors: FieldError[]}} */
function readInputs(inputs) {
  /** @type {Values} */
  const values = {};
  /** @type {FieldError[]} */
  const errors = [];
  for (const { field, input } of inputs.values()) {
    const reading = input.validity.badInput ? { problem: 'rule.format.date' } : read(field, input.value);
    if ('problem' in reading) errors.push({ campo: field.name, regla: 'formato', mensaje: t(reading.problem) });
    else values[field.name] = reading.value;
  }
  return { values, errors };
}

/** A value that was not written is not sent: the server knows its default, or says that it is needed. @param {Values} values @returns {Values} */
function withoutNulls(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
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
