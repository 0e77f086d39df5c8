// @ts-check
/** Downloads a CSV in the form that spreadsheets of the person's language open directly. */

import { writeCsv } from './csv.js';
import { currentLanguage } from './preferences.js';

/** A spreadsheet whose decimal sign is a comma separates cells by semicolons. */
const separator = () => (currentLanguage() === 'es' ? ';' : ',');

/** @param {string} name without its ending @param {string[][]} rows the headings first */
export function downloadCsv(name, rows) {
  const address = URL.createObjectURL(new Blob([writeCsv(rows, separator())], { type: 'text/csv;charset=utf-8' }));
  Object.assign(document.createElement('a'), { href: address, download: `${name}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
