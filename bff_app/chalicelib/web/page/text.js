// @ts-check
/** How a line and an address are cleaned before they are checked and sent: as `shared/contract/text.py` does. */

const SPACES = /[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]+/g;
const UNSEEN =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2060-\u2064\u3164\ufe00-\ufe0f\ufeff\uffa0\u{e0100}-\u{e01ef}]/gu;
const JOINING = /[\u0600-\u0dff]/;

/** Idempotent: the server stores just this. @param {string} text */
export function cleanText(text) {
  const seen = text.replace(UNSEEN, '');
  const joins = (/** @type {number} */ place) => JOINING.test(seen[place] ?? '');
  const joined = seen.replace(/[\u200c\u200d]/g, (mark, place) => (joins(place - 1) && joins(place + 1) ? mark : ''));
  return joined.normalize('NFC').replace(SPACES, ' ').replace(/^ | $/g, '');
}

/** In lower case, the domain in punycode; what is no address stays one. @param {string} text */
export function cleanAddress(text) {
  const [, local, domain] = /^(.*)@(.*)$/su.exec(cleanText(text)) ?? [];
  return domain === undefined ? cleanText(text) : `${local}@${toAscii(domain)}`.toLowerCase();
}

/** The browser knows the rules for domains; nothing that a URL takes for something else is shown to it. @param {string} domain */
function toAscii(domain) {
  if (/^[\x00-\x7f]*$/.test(domain) || /[\x00-\x2c/:-@[-`{-\x7f]/.test(domain)) return domain;
  try {
    return new URL(`http://${domain}`).hostname;
  } catch {
    return domain;
  }
}

/** A stored address as people read it: its domain in its own letters. @param {string} address */
export const showAddress = (address) =>
  address.replace(/(?<=[@.])xn--[a-z0-9-]+(?=\.|$)/g, (label) => {
    const shown = decode(label.slice(4));
    return shown && toAscii(shown) === label ? shown : label;
  });

/** https://www.rfc-editor.org/rfc/rfc3492#section-6.2 @param {string} text punycode @returns {string} empty: it is none */
function decode(text) {
  const cut = text.lastIndexOf('-');
  const letters = [...text.slice(0, Math.max(cut, 0))];
  let [code, bias, place, at] = [128, 72, 0, cut + 1];
  for (let isFirst = true; at < text.length; isFirst = false) {
    const before = place;
    for (let [weight, k] = [1, 36]; ; k += 36) {
      const digit = parseInt(text[at] ?? '', 36);
      if (Number.isNaN(digit) || place > 0x7fffffff) return '';
      at += 1;
      const value = digit < 10 ? digit + 26 : digit - 10;
      place += value * weight;
      const threshold = Math.min(Math.max(k - bias, 1), 26);
      if (value < threshold) break;
      weight *= 36 - threshold;
    }
    const count = letters.length + 1;
    let delta = Math.floor((place - before) / (isFirst ? 700 : 2));
    delta += Math.floor(delta / count);
    for (bias = 0; delta > 455; bias += 36) delta = Math.floor(delta / 35);
    bias += Math.floor((36 * delta) / (delta + 38));
    code += Math.floor(place / count);
    place %= count;
    if (code > 0x10ffff) return '';
    letters.splice(place, 0, String.fromCodePoint(code));
    place += 1;
  }
  return letters.join('');
}
