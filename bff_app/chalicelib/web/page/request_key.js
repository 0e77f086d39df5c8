// @ts-check
/** Values for `Idempotency-Key`: a request repeated with the same key takes effect once and gets the same answer. */

const BYTES = 16;

/** @returns {string} a new one, as the header has it. `crypto.randomUUID` is missing where a page comes without TLS. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return `"${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}"`;
}
