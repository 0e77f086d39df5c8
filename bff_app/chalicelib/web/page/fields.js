/** The declared fields, and values as people read and write them: numbers, amounts, days and moments. */

import { FIELDS, SALARIES } from './declaration.js';
import { currentLanguage } from './preferences.js';
import { may } from './session.js';
import { cleanAddress, cleanText, showAddress } from './text.js';

export { FIELDS };

/** As in an input of a form: days as people write them. */
export const type = (field, value) =>
  field.kind === 'date' && isCalendarDay(value) ? value.split('-').reverse().map(Number).join('/') : write(field, value);

export const visibleFields = () => FIELDS.filter(({ isConfidential }) => !isConfidential || may('confidential'));

const PERIODS = { es: { year: 'año', month: 'mes' }, en: { year: 'year', month: 'month' } };

/** Of salaries: €/year. */
export const unit = () => `${currencySign(SALARIES.currency)}/${PERIODS[currentLanguage()][SALARIES.salaryPeriod]}`;

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

const CURRENCY = /^(?:US)?[€$£]\s*|^(?:EUR|USD|GBP|MXN)\s*|\s*(?:[€$£]|EUR|USD|GBP|MXN)$/gi;

/** Three digits after the only sign are thousands: money has two decimals. `decimal` is their sign, as far as it shows. */
export function readAmount(text) {
  const compact = text.replace(CURRENCY, '').replace(/(?<=\d)[\s'’](?=\d{3})/g, '');
  const grouped = /^(-?[1-9]\d{0,2}(?:([.,])\d{3})(?:\2\d{3})*)(?:(?!\2)[.,](\d+))?$/.exec(compact);
  const [, whole, sign = '', decimals = '0'] = grouped ?? /^(-?\d+)(?:([.,])(\d+))?$/.exec(compact) ?? [];
  const value = Number(`${whole?.replace(/[.,]/g, '')}.${decimals}`);
  if (!Number.isFinite(value)) return null;
  return { value, decimal: grouped ? (sign === '.' ? ',' : '.') : sign };
}

const DAY_MS = 86_400_000;
const MONTHS = ['ene jan', 'feb', 'mar', 'abr apr', 'may', 'jun', 'jul', 'ago aug', 'sep set', 'oct', 'nov', 'dic dec'];
/** A year like 25 or 0025 is a slip. */
const FIRST_DAY = '1900-01-01';
const TIME = /[T\s]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:Z|[+-]\d{2}:?\d{2}|[ap]\.?\s?m\.?)?$/i;

/** From 1, or 0. */
const monthOf = (word) => MONTHS.findIndex((names) => names.includes(word.slice(0, 3).toLowerCase())) + 1;

/** Of two digits: at most ten years from now, or in the past. */
const fullYear = (year) =>
  year.length === 4 ? year : String(Number(year) + (Number(year) <= (new Date().getFullYear() % 100) + 10 ? 2000 : 1900));

/** `31/12/2025`, `31-dic-25`, `2025/12/31 00:00:00`, `Dec 31, 2025`; `order` is `dmy` or `mdy`. @returns null, or `2025-12-31` */
export function readDay(text, order) {
  const day = text.trim().replace(TIME, '');
  const [, year, month, last] = /^(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})$/.exec(day) ?? [];
  if (year) return calendarDay(year, month, last);
  const numbers = /^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d{2})$/.exec(day);
  if (numbers) return calendarDay(numbers[3], ...(order === 'dmy' ? [numbers[2], numbers[1]] : [numbers[1], numbers[2]]));
  const word = /^(\d{1,2})[-/. ]+(?:de\s+)?(\p{L}{3,})\.?(?:\s+del?\s+|[-/., ]+)(\d{4}|\d{2})$/iu.exec(day);
  if (word) return calendarDay(word[3], monthOf(word[2]), word[1]);
  const english = /^(\p{L}{3,})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})$/iu.exec(day);
  return english && calendarDay(english[3], monthOf(english[1]), english[2]);
}

function calendarDay(year, month, day) {
  const iso = [fullYear(year), ...[month, day].map((part) => String(part).padStart(2, '0'))].join('-');
  return iso >= FIRST_DAY && isCalendarDay(iso) ? iso : null;
}

export function isCalendarDay(value) {
  if (typeof value !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const moment = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(value);
}

/** Excel counts days from 1900, and a 29 February that was none; on old Macs from 1904. */
export function dayOf(serial, isMac = false) {
  const first = isMac ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, serial < 60 ? 31 : 30);
  const moment = new Date(first + Math.floor(serial) * DAY_MS);
  return Number.isNaN(moment.getTime()) ? null : moment.toISOString().slice(0, 10);
}

const made = new Map();

/** Making a format is slow: each is made once. */
function format(Kind, options, value) {
  const key = JSON.stringify([currentLanguage(), options]);
  if (!made.has(key)) made.set(key, new Kind(currentLanguage(), options));
  return made.get(key).format(value);
}

const { NumberFormat, DateTimeFormat } = Intl;
const CENTS = { minimumFractionDigits: 2, maximumFractionDigits: 2, useGrouping: 'always' };

/** Always two decimals and grouped, because columns of money are compared. */
export const money = (amount) => format(NumberFormat, CENTS, amount);
/** Without cents, for charts. */
export const roundMoney = (amount) => format(NumberFormat, { maximumFractionDigits: 0, useGrouping: 'always' }, amount);
/** As the person's language writes it: € or MX$. */
const currencySign = (currency) =>
  new NumberFormat(currentLanguage(), { style: 'currency', currency, currencyDisplay: 'narrowSymbol' })
    .formatToParts(0)
    .find(({ type }) => type === 'currency')?.value;
export const count = (value) => format(NumberFormat, {}, value);
// A calendar day has no time zone and must not get one.
export const day = (isoDate) => format(DateTimeFormat, { dateStyle: 'medium', timeZone: 'UTC' }, new Date(`${isoDate}T00:00:00Z`));
export const dateTime = (at) => format(DateTimeFormat, { dateStyle: 'medium', timeStyle: 'short' }, new Date(at));
export const time = (at) => format(DateTimeFormat, { timeStyle: 'short' }, new Date(at));
/** The day of a moment where the reader is, in full. */
export const longDay = (at) => format(DateTimeFormat, { dateStyle: 'full' }, new Date(at));

/** @returns today in the person's own time zone, as a calendar day */
export const today = () => new DateTimeFormat('sv').format(new Date());

const UNITS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]];

/** A length of time in its largest unit: "3 minutes". */
export function duration(seconds) {
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? UNITS.at(-1);
  return format(NumberFormat, { style: 'unit', unit, unitDisplay: 'long' }, Math.floor(seconds / size));
}
