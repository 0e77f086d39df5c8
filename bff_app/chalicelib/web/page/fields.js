/** What list, form, conflict view and CSV are made from: the declared fields, and how each kind is read and shown. */

import { FIELDS as DECLARED, SALARIES } from './declaration.js';
import { currencySign, day, money } from './format.js';
import { isCalendarDay, readAmount, readDay } from './notation.js';
import { currentLanguage } from './preferences.js';
import { may } from './session.js';
import { cleanAddress, cleanText, showAddress } from './text.js';

/** `shared/contract/fields.py` declares them. */
export const FIELDS = DECLARED;

/** As in an input of a form: days as people write them. */
export const type = (field, value) =>
  field.kind === 'date' && isCalendarDay(value) ? value.split('-').reverse().map(Number).join('/') : write(field, value);

/** @returns what this person gets to see */
export const visibleFields = () => FIELDS.filter(({ isConfidential }) => !isConfidential || may('confidential'));

const PERIODS = { es: { year: 'año', month: 'mes' }, en: { year: 'year', month: 'month' } };

/** Of salaries: €/year. */
export const unit = () => `${currencySign(SALARIES.currency)}/${PERIODS[currentLanguage()][SALARIES.salaryPeriod]}`;

/** The name of a field, with the unit of its values. */
export const label = ({ labels, kind }) => labels[currentLanguage()] + (kind === 'money' ? ` (${unit()})` : '');

/** A value as people read it, with its unit if the field is given whole. */
export function show(field, value) {
  if (value === null || value === undefined || value === '') return '—';
  if (field.kind === 'money' && typeof value === 'number') return money(value) + (field.name ? `\u00a0${currencySign(SALARIES.currency)}` : '');
  if (field.kind === 'date' && isCalendarDay(value)) return day(value);
  return field.kind === 'email' ? showAddress(String(value)) : String(value);
}

/** As in an input or a file: without grouping, with the language's decimal sign. */
export function write(field, value) {
  if (value === null || value === undefined) return '';
  if (field.kind !== 'money' || typeof value !== 'number') return String(value);
  return value.toFixed(2).replace('.', currentLanguage() === 'es' ? ',' : '.');
}

/** Null if nothing is written. Text that makes no sense stays as it is: the server says what is wrong with it. */
export function read({ kind }, text) {
  const cleaned = kind === 'email' ? cleanAddress(text) : cleanText(text);
  if (kind === 'money') return readAmount(cleaned)?.value ?? (cleaned || null);
  if (kind === 'date') return readDay(cleaned, 'dmy') ?? (cleaned || null);
  return cleaned || null;
}

/** The server has a default for what is not sent, or says that it is needed. */
export const withoutNulls = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
