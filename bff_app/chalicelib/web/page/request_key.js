// @ts-check
/** Names for requests (`Idempotency-Key`): what is sent again under the same name is done once, and answered alike. */

const BYTES = 16; // nobody meets two that are the same

/** @returns {string} a new one, as the header has it. `crypto.randomUUID` is missing where a page comes without TLS. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return `"${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}"`;
}
