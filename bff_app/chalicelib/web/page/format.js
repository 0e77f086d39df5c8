/** Numbers and moments as the person's language writes them. */

import { currentLanguage } from './preferences.js';

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
export const currencySign = (currency) =>
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
