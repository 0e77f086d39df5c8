/**
 * Writes the rows of a file, a few at a time. Safe to run twice: a row whose address is taken counts as present. When
 * the server does not answer, it retries under the row's own key and finally pauses, so that no row is lost.
 */

import { createEmployee, newKey, rowsChanged } from './api.js';
import { ApiError } from './http.js';

const AT_ONCE = 4;
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

/** Told of every step: the event `change`. */
export class ImportRun extends EventTarget {
  constructor(rows) {
    super();
    this.total = rows.length;
    this.results = [];
    this.state = 'running';
    this.error = null;
    this.waiting = [...rows];
    this.keys = new Map(rows.map((row) => [row, newKey()]));
  }

  get isOver() {
    return this.state === 'done' || this.state === 'stopped';
  }

  /** Begin, or go on after a pause. */
  async start() {
    this.state = 'running';
    this.error = null;
    this.tell();
    await Promise.all(Array.from({ length: AT_ONCE }, () => this.work()));
    if (this.state === 'running') this.state = 'done';
    this.tell();
    rowsChanged();
  }

  /** What is being written is finished; the rest stays unwritten. */
  stop() {
    this.state = 'stopped';
    this.tell();
  }

  tell() {
    this.dispatchEvent(new Event('change'));
  }

  async work() {
    while (this.state === 'running') {
      const row = this.waiting.shift();
      if (!row) return;
      try {
        this.results.push(await this.write(row));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        this.waiting.unshift(row);
        this.error = error;
        if (this.state === 'running') this.state = 'paused';
      }
      this.tell();
    }
  }

  async write(row, attempt = 1) {
    try {
      const { id } = await createEmployee(row.values, this.keys.get(row) ?? newKey());
      return { row, outcome: 'created', id, words: '' };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const isAboutThePerson = error.isNotSignedIn || error.isForbidden;
      const isFinal = error.kind === 'problem' && !error.isTemporary && !isAboutThePerson && error.status < 500;
      if (isFinal) return { row, outcome: error.status === 409 ? 'present' : 'refused', id: null, words: refusal(error) };
      if (isAboutThePerson || attempt === ATTEMPTS || this.state !== 'running') throw error;
      const pause = error.retryAfter ? error.retryAfter * 1000 : FIRST_PAUSE_MS * 2 ** (attempt - 1);
      await new Promise((resolve) => setTimeout(resolve, Math.min(pause, LONGEST_PAUSE_MS)));
      return this.write(row, attempt + 1);
    }
  }
}

/** The server's words. @param {ApiError} error */
const refusal = ({ errors, detail, title }) =>
  errors.map(({ campo, mensaje }) => `${campo}: ${mensaje}`).join('; ') || detail || title;
