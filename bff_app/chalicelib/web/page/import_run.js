/**
 * Writes the rows of a file in batches. Safe to interrupt: each batch has its own key, so that one whose answer was lost
 * is not done again, and what is left is kept in this browser.
 */

import { rowsChanged } from './api.js';
import { MOST_OPERATIONS, closeBatch, sendOperations } from './batches.js';
import { ApiError } from './http.js';
import { dropRun, keepRun } from './import_store.js';

const OUTCOMES = { 200: 'updated', 201: 'created', 404: 'gone', 409: 'present', 412: 'outdated', 422: 'refused' };

/** Dispatches `change` at every step. */
export class ImportRun extends EventTarget {
  /**
   * `operations`: `{line, list, body, cells}`; `rejected`: lines that are not sent, for the file of what was not imported;
   * `results` of an import that was interrupted, by line.
   */
  constructor({ id, name, operations, rejected, isMailed, results = new Map(), isClosed = false }) {
    super();
    Object.assign(this, { id, name, operations, rejected, isMailed, results, isClosed });
    this.state = 'running';
    this.error = null;
  }

  get waiting() {
    return this.operations.filter(({ line }) => !this.results.has(line));
  }

  get isOver() {
    return this.state === 'done' || this.state === 'stopped';
  }

  /** Begin, or go on after a pause. Two tabs do no harm: they send the same batches under the same keys. */
  start() {
    this.change('running');
    return this.work();
  }

  /** What is being written is finished; the rest stays unwritten. */
  stop() {
    if (this.state === 'running') this.change('stopping');
    else this.work('stopping');
  }

  change(state, error = null) {
    Object.assign(this, { state, error });
    this.dispatchEvent(new Event('change'));
  }

  async work(state = this.state) {
    this.state = state;
    try {
      await this.keep();
      for (let waiting = this.waiting; waiting.length > 0 && this.state === 'running'; waiting = this.waiting) {
        const some = waiting.slice(0, MOST_OPERATIONS);
        const batch = { id: this.id, origin: 'importacion', key: `${this.id}-${some[0].line}` };
        const answers = await sendOperations(batch, some);
        some.forEach(({ line }, at) => this.results.set(line, resultOf(answers[at])));
        await this.keep();
        this.change(this.state);
      }
      if (this.results.size > 0) await closeBatch(this.id, this.isMailed);
      this.change(this.state === 'stopping' ? 'stopped' : 'done');
      await dropRun();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.change('paused', error);
    }
    rowsChanged();
  }

  keep() {
    const { id, name, operations, rejected, isMailed, results } = this;
    return keepRun({ id, name, operations, rejected, isMailed, results });
  }
}

function resultOf({ estado, empleado, existente, errores = [] }) {
  const words = errores.map(({ mensaje }) => mensaje).join(' ');
  return { outcome: OUTCOMES[estado] ?? 'refused', id: (empleado ?? existente)?.id ?? null, words };
}
