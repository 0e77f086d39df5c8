/** How a line and an address are cleaned before they are checked and sent: as `shared/contract/text.py` does. */

import { decode } from './punycode.js';

const SPACES = /[\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u2800\u3000]+/g;
const UNSEEN =
  /[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2060-\u2064\u3164\ufe00-\ufe0f\ufeff\uffa0\u{e0100}-\u{e01ef}]/gu;
const JOINING = /[\u0600-\u0dff]/;

/** Idempotent: the server stores just this. */
export function cleanText(text) {
  const seen = text.replace(UNSEEN, '');
  const joins = (place) => JOINING.test(seen[place] ?? '');
  const joined = seen.replace(/[\u200c\u200d]/g, (mark, place) => (joins(place - 1) && joins(place + 1) ? mark : ''));
  return joined.normalize('NFC').replace(SPACES, ' ').replace(/^ | $/g, '');
}

/** Without case and accents, to compare. */
export const fold = (text) => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().replace(/\s+/g, ' ').trim();

/** In lower case, the domain in punycode; what is no address stays one. */
export function cleanAddress(text) {
  const [, local, domain] = /^(.*)@(.*)$/su.exec(cleanText(text)) ?? [];
  return domain === undefined ? cleanText(text) : `${local}@${toAscii(domain)}`.toLowerCase();
}

/** The browser knows the rules for domains; nothing that a URL takes for something else is shown to it. */
function toAscii(domain) {
  if (/^[\x00-\x7f]*$/.test(domain) || /[\x00-\x2c/:-@[-`{-\x7f]/.test(domain)) return domain;
  try {
    return new URL(`http://${domain}`).hostname;
  } catch {
    return domain;
  }
}

/** A stored address as people read it: its domain in its own letters, unless that is another way to write them. */
export const showAddress = (address) =>
  address.replace(/(?<=[@.])xn--[a-z0-9-]+(?=\.|$)/g, (label) => {
    try {
      const shown = decode(label.slice('xn--'.length));
      return toAscii(shown) === label ? shown : label;
    } catch {
      return label; // no punycode
    }
  });
