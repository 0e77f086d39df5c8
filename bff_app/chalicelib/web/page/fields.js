// @ts-check
/** What list, form, conflict view and CSV are made from: the declared fields, and how each kind is read and shown. */

import { FIELDS as DECLARED } from './declaration.js';
import { day, money } from './format.js';
import { currentLanguage } from './preferences.js';
import { may } from './session.js';

/**
 * @typedef {object} Field
 * @property {string} name as on the wire
 * @property {'text' | 'email' | 'money' | 'date'} kind
 * @property {string[]} aliases other headings that a file may give the column, in small letters without accents
 * @property {boolean} isConfidential @property {boolean} isSortable @property {boolean} isNullable
 * @typedef {{value: string | number | null} | {problem: string}} Reading a value to send (null: nothing was written),
 *   or the key of the text that says why there is none
 */

/** `shared/contract/fields.py` declares them. @type {readonly Field[]} */
export const FIELDS = DECLARED;

/** @returns {Field[]} what this person gets to see */
export const visibleFields = () => FIELDS.filter(({ isConfidential }) => !isConfidential || may('confidential'));

/** A value as people read it. @param {{kind: string}} field @param {any} value @returns {string} */
export function show(field, value) {
  if (value === null || value === undefined || value === '') return '—';
  if (field.kind === 'money' && typeof value === 'number') return money(value);
  if (field.kind === 'date' && isCalendarDay(value)) return day(value);
  return String(value);
}

/** As in an input or a file: without grouping, with the language's decimal sign. @param {Field} field @param {any} value */
export function write(field, value) {
  if (value === null || value === undefined) return '';
  if (field.kind !== 'money' || typeof value !== 'number') return String(value);
  return value.toFixed(2).replace('.', currentLanguage() === 'es' ? ',' : '.');
}

/** Text that makes no sense stays as it is: the server says what is wrong with it. @param {Field} field @param {string} text @returns {Reading} */
export function read(field, text) {
  const trimmed = text.trim();
  if (field.kind === 'money') return trimmed === '' ? { value: null } : readMoney(trimmed);
  if (field.kind === 'date') return { value: trimmed === '' ? null : readDay(trimmed) };
  return { value: trimmed === '' && field.isNullable ? null : trimmed };
}

/**
 * `5000`, `5000,5`, `5.000,50`, `5,000.50` and `1.234.567`. One sign followed by exactly three digits may separate
 * thousands or decimals, and a salary is not guessed. @param {string} text @returns {Reading}
 */
function readMoney(text) {
  const compact = text.replace(/(?<=\d)[\s\u00a0\u202f](?=\d{3})/g, '');
  if (/^-?\d+$/.test(compact)) return { value: finite(compact, text) };
  if (/^-?\d{1,3}[.,]\d{3}$/.test(compact)) return { problem: 'number.ambiguous' };
  const parted = /^(-?\d+)[.,](\d+)$/.exec(compact) ?? grouped(compact);
  return { value: parted ? finite(`${parted[1].replace(/[.,]/g, '')}.${parted[2] ?? '0'}`, text) : text };
}

/** The whole part with its groups, and the decimals. @param {string} text */
const grouped = (text) =>
  /^(-?\d{1,3}(?:\.\d{3})+)(?:,(\d+))?$/.exec(text) ?? /^(-?\d{1,3}(?:,\d{3})+)(?:\.(\d+))?$/.exec(text);

const finite = (digits, text) => (Number.isFinite(Number(digits)) ? Number(digits) : text);

/** @param {string} text `2026-11-24`, or the day first as in `24/11/2026` @returns {string} */
function readDay(text) {
  const parts = /^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/.exec(text);
  return parts ? `${parts[3]}-${parts[2].padStart(2, '0')}-${parts[1].padStart(2, '0')}` : text;
}

export function isCalendarDay(value) {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const moment = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(value);
}
