/**
 * Checks values against the API's own schema (`/openapi.json`) before anything is sent. Keywords unknown here are left
 * to the server, which decides in any case.
 */

import './view_texts.js';
import { FIELDS, read } from './fields.js';
import { count } from './format.js';
import { isCalendarDay } from './notation.js';
import { t } from './texts.js';


const length = (text) => [...text].length;
const isNumber = (value) => typeof value === 'number';
const isText = (value) => typeof value === 'string';

const TYPES = { string: isText, number: isNumber, integer: Number.isInteger };

/** Only what every address has: the schema's pattern says the rest. */
const FORMATS = { email: (value) => /^[^\s@]+@[^\s@]+$/.test(value), date: isCalendarDay };

/** In this order the first that fails is the one that is said. */
const RULES = {
  type: (value, types) => [types].flat().some((type) => TYPES[type]?.(value) ?? true),
  minLength: (value, limit) => !isText(value) || length(value) >= limit,
  maxLength: (value, limit) => !isText(value) || length(value) <= limit,
  format: (value, name) => !isText(value) || (FORMATS[name]?.(value) ?? true),
  pattern: (value, pattern) => !isText(value) || matches(pattern, value),
  minimum: (value, limit) => !isNumber(value) || value >= limit,
  maximum: (value, limit) => !isNumber(value) || value <= limit,
  multipleOf: (value, step) => !isNumber(value) || isMultiple(value, step),
};

/** In decimals, as it is written: a binary 0.07 / 0.01 is no whole number. */
function isMultiple(value, step) {
  const places = String(step).split('.')[1]?.length ?? 0;
  const units = 10 ** places;
  return Number(value.toFixed(places)) === value && Math.round(value * units) % Math.round(step * units) === 0;
}

function matches(pattern, value) {
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch {
    return true; // written for another engine
  }
}

/** The schema of the body that creates an employee. */
export function creationSchema(openapi) {
  let { schema } = openapi.paths['/empleados'].post.requestBody.content['application/json'];
  while (schema.$ref) schema = schema.$ref.slice(2).split('/').reduce((node, key) => node[key], openapi);
  return schema;
}

/**
 * The texts of a form or a line of a file as values to send, and what is wrong with them.
 *
 * @param schema null where it is not known: only what cannot be read is found
 * @param texts by field
 * @returns at most one finding for each field, in the fields' order
 */
export function judge(schema, texts, readOne = read) {
  const values = {};
  const unread = [];
  for (const field of FIELDS.filter(({ name }) => name in texts)) {
    const reading = readOne(field, texts[field.name]);
    if ('problem' in reading) unread.push({ field: field.name, rule: reading.problem });
    else values[field.name] = reading.value;
  }
  const broken = schema ? check(schema, withoutNulls(values)) : [];
  const findings = FIELDS.flatMap(({ name }) => [...unread, ...broken].find(({ field }) => field === name) ?? []);
  return { values, findings };
}

/** What was not written is not sent: the server has a default, or says that it is needed. */
export const withoutNulls = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));

/** @returns a sentence without the field's name and in small letters, to follow it */
export const explain = ({ rule, limit, line }) =>
  t(rule, { limit: limit === undefined ? '' : count(limit), line: line ?? '' });

/** @returns at most one for each field */
export function check(schema, values) {
  const missing = (schema.required ?? [])
    .filter((field) => values[field] === undefined || values[field] === '')
    .map((field) => ({ field, rule: 'rule.required' }));
  const wrong = Object.entries(values).flatMap(([field, value]) => {
    const rules = schema.properties?.[field];
    if (!rules || missing.some((finding) => finding.field === field)) return [];
    const broken = Object.keys(RULES).find((rule) => rule in rules && !RULES[rule](value, rules[rule]));
    return broken ? [{ field, ...describe(field, broken, rules[broken]) }] : [];
  });
  return [...missing, ...wrong];
}

function describe(field, rule, expected) {
  if (rule === 'pattern' && field === 'email') return { rule: 'rule.pattern.email' };
  if (rule === 'type' || rule === 'format') return { rule: `rule.${rule}.${[expected].flat()[0]}` };
  return typeof expected === 'number' ? { rule: `rule.${rule}`, limit: expected } : { rule: `rule.${rule}` };
}
