/** Numbers and moments as the person's language writes them. */

import { currentLanguage } from './preferences.js';

const formats = new Map();

function format(name, make) {
  const key = `${currentLanguage()} ${name}`;
  if (!formats.has(key)) formats.set(key, make(currentLanguage()));
  return formats.get(key);
}

const number = (options) => (language) => new Intl.NumberFormat(language, options);
const moment = (options) => (language) => new Intl.DateTimeFormat(language, options);
const CENTS = number({ minimumFractionDigits: 2, maximumFractionDigits: 2, useGrouping: 'always' });
const ROUND = number({ maximumFractionDigits: 0, useGrouping: 'always' });
// A calendar day has no time zone and must not get one.
const DAY = moment({ dateStyle: 'medium', timeZone: 'UTC' });

/** Always two decimals and grouped, because columns of money are compared. */
export const money = (amount) => format('money', CENTS).format(amount);
/** Without cents, for charts. */
export const roundMoney = (amount) => format('roundMoney', ROUND).format(amount);
/** As the person's language writes it: € or MX$. */
export const currencySign = (currency) =>
  format(`sign ${currency}`, number({ style: 'currency', currency, currencyDisplay: 'narrowSymbol' }))
    .formatToParts(0)
    .find(({ type }) => type === 'currency')?.value;
export const count = (value) => format('count', number({})).format(value);
export const day = (isoDate) => format('day', DAY).format(new Date(`${isoDate}T00:00:00Z`));
export const dateTime = (at) => format('dateTime', moment({ dateStyle: 'medium', timeStyle: 'short' })).format(new Date(at));
export const time = (at) => format('time', moment({ timeStyle: 'short' })).format(new Date(at));
/** The day of a moment where the reader is, in full. */
export const longDay = (at) => format('longDay', moment({ dateStyle: 'full' })).format(new Date(at));

/** @returns today in the person's own time zone, as a calendar day */
export const today = () => new Intl.DateTimeFormat('sv').format(new Date());

const STEPS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]];

/** A length of time in its largest unit: "3 minutes". */
export function duration(seconds) {
  const [unit, size] = STEPS.find(([, length]) => seconds >= length) ?? STEPS[STEPS.length - 1];
  const inUnits = number({ style: 'unit', unit, unitDisplay: 'long' });
  return format(`duration ${unit}`, inUnits).format(Math.floor(seconds / size));
}
