// @ts-check
/** Numbers and moments as the person's language writes them. */

import { currentLanguage } from './preferences.js';

/** @type {Map<string, any>} */
const formats = new Map();

/** @template T @param {string} name @param {(language: string) => T} make @returns {T} */
function format(name, make) {
  const key = `${currentLanguage()} ${name}`;
  if (!formats.has(key)) formats.set(key, make(currentLanguage()));
  return formats.get(key);
}

/** @param {number} amount @returns {string} always two decimals and grouped, because columns of money are compared */
export const money = (amount) =>
  format(
    'money',
    (language) =>
      new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2, useGrouping: 'always' }),
  ).format(amount);

/** @param {number} amount @returns {string} money without its cents, for charts */
export const roundMoney = (amount) =>
  format(
    'roundMoney',
    (language) => new Intl.NumberFormat(language, { maximumFractionDigits: 0, useGrouping: 'always' }),
  ).format(amount);

/** @param {number} value */
export const count = (value) => format('count', (language) => new Intl.NumberFormat(language)).format(value);

/** @param {string} isoDate a calendar day, `2026-11-24`; it has no time zone and must not get one */
export const day = (isoDate) =>
  format('day', (language) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' })).format(
    new Date(`${isoDate}T00:00:00Z`),
  );

/** @param {string} moment an RFC 3339 moment */
export const dateTime = (moment) =>
  format(
    'dateTime',
    (language) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }),
  ).format(new Date(moment));

/** @param {string} moment */
export const time = (moment) =>
  format('time', (language) => new Intl.DateTimeFormat(language, { timeStyle: 'short' })).format(new Date(moment));

/** @param {string} moment @returns {string} the day of a moment where the reader is, in full */
export const longDay = (moment) =>
  format('longDay', (language) => new Intl.DateTimeFormat(language, { dateStyle: 'full' })).format(new Date(moment));

/** @returns {string} today where the reader is, as a calendar day */
export function today() {
  const now = new Date();
  return [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}

const STEPS = /** @type {const} */ ([['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]]);

/** @param {number} seconds @returns {string} a length of time in its largest unit: "3 minutes" */
export function duration(seconds) {
  const [unit, size] = STEPS.find(([, length]) => seconds >= length) ?? STEPS[STEPS.length - 1];
  return format(
    `duration ${unit}`,
    (language) => new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }),
  ).format(Math.floor(seconds / size));
}
