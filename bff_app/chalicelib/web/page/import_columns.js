// @ts-check
/** Where the table of a file begins, what its columns are, and how their days and amounts are written. */

import { FIELDS } from './fields.js';
import { readAmount, readDay } from './notation.js';

/** What a column can be beside a field: several make up the name. */
const PARTS = [
  { name: 'id', aliases: [] },
  { name: 'apellidos', aliases: ['apellido', 'primer apellido', 'segundo apellido', 'surname', 'surnames', 'last name'] },
  { name: 'apellidos_nombre', aliases: ['apellidos y nombre', 'apellidos, nombre', 'last name, first name'] },
];
/** Columns that downloads of this page have and nobody needs to decide about. */
const OWN = ['linea', 'error', 'version', 'creado en', 'actualizado en'];
/** Title rows before the headings. */
const PROBE = 20;
/** Two fields at least: a title may have one of these words. */
const ENOUGH = 2;

export const TARGETS = [...FIELDS.map(({ name }) => name), ...PARTS.map(({ name }) => name)];

/** Without case, accents, invisible signs, notes in brackets, and the signs that people put around words. */
const plain = (heading) => String(heading ?? '').normalize('NFKD').replace(/\p{M}|\p{Cf}/gu, '').toLowerCase()
  .replace(/\([^)]*\)|\[[^\]]*\]/g, ' ').replace(/[\s_*:."]+/g, ' ').trim();

const NAMES = new Map([...FIELDS, ...PARTS].flatMap(({ name, aliases }) =>
  [name, ...aliases].map((alias) => [plain(alias), name])));

const targetOf = (heading) => NAMES.get(plain(heading)) ?? '';

/** The place of the headings; -1 if none of the first records has them. */
export function findHeadings(records) {
  const known = records.slice(0, PROBE).map(({ cells }) => new Set(cells.map(targetOf).filter(Boolean)).size);
  const most = Math.max(...known);
  return most >= ENOUGH ? known.indexOf(most) : -1;
}

/** What each column is; '' is not used. Of two columns for one field only the first is; surnames may be several. */
export function suggestTargets(headings) {
  const targets = headings.map(targetOf);
  return targets.map((target, at) => (targets.indexOf(target) === at || target === 'apellidos' ? target : ''));
}

/** Whether a column is one of ours that needs no decision. */
export const isOwn = (heading) => OWN.includes(plain(heading));

/** One text from the columns of a name. @param {string[][]} parts given or whole names, turned ones, surnames */
export function joinName([given, turned, surnames]) {
  const straight = turned.map((text) => text.split(',').toReversed().join(' '));
  return [...given, ...straight, ...surnames].map((part) => part.trim()).filter(Boolean).join(' ').replace(/\s+/g, ' ');
}

/** The order of day and month in a column. It is sure if some days exist in one order only, and none in the other only. */
export function findDayOrder(texts) {
  const both = texts.map((text) => ({ text, dmy: readDay(text, 'dmy'), mdy: readDay(text, 'mdy') }));
  const differing = both.filter(({ dmy, mdy }) => dmy !== mdy);
  const onlyDmy = differing.filter(({ mdy }) => !mdy).length;
  const onlyMdy = differing.filter(({ dmy }) => !dmy).length;
  const isSure = differing.length === 0 || (onlyDmy > 0) !== (onlyMdy > 0);
  return { order: onlyMdy > onlyDmy ? 'mdy' : 'dmy', isSure, example: differing[0]?.text ?? '' };
}

/** The decimal sign of a column of amounts; '' if none has one. */
export function findDecimal(cells) {
  const signs = cells.map((cell) => (typeof cell === 'string' ? readAmount(cell.trim())?.decimal : '')).filter(Boolean);
  const commas = signs.filter((sign) => sign === ',').length;
  const points = signs.length - commas;
  return { decimal: signs.length === 0 ? '' : commas >= points ? ',' : '.', isSure: commas === 0 || points === 0 };
}
