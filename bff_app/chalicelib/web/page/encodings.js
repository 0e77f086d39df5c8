/** From the bytes of a text file to its text. What encoding they are in cannot always be told: then people choose. */

import { FileUnusable } from './csv.js';

/** The upper half of MS-DOS's code page 850, which browsers do not know. */
const CP850 = 'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0';
const LEGACY = ['windows-1252', 'macintosh', 'cp850'];
const MARKS = [['\xef\xbb\xbf', 'utf-8'], ['\xff\xfe', 'utf-16le'], ['\xfe\xff', 'utf-16be']];
/** The first bytes of files that are no text, and what is said of them. */
const SIGNATURES = [['\xd0\xcf\x11\xe0', 'file.oldExcel'], ['%PDF', 'file.binary']];
/** In names: signs that are no letters, and capitals after small letters, speak against an encoding. */
const UNLIKELY = /[a-zß-ÿ][À-ÞŠŽŸ]|[œŒ]|\p{L}[–—]\p{L}|[^\x00-\x7fªº¿¡«»€·–—‘’“”\p{L}]/gu;
const SAMPLES = 4;
const SAMPLE_LENGTH = 80;

/** The encodings that bytes may be in, the likeliest first; one if there is no doubt. @throws {FileUnusable} no text */
export function possibleEncodings(bytes) {
  const head = String.fromCharCode(...bytes.subarray(0, 4));
  const known = SIGNATURES.find(([start]) => head.startsWith(start));
  if (known) throw new FileUnusable(known[1]);
  const sure = MARKS.find(([mark]) => head.startsWith(mark))?.[1] ?? unmarkedUtf16(bytes);
  if (sure) return [sure];
  const text = decode(bytes, 'utf-8');
  const damaged = occurrences(text, /\ufffd/g);
  if (damaged === 0) return ['utf-8'];
  const unlikely = new Map(LEGACY.map((encoding) => [encoding, occurrences(decode(bytes, encoding), UNLIKELY)]));
  const legacy = LEGACY.toSorted((a, b) => (unlikely.get(a) ?? 0) - (unlikely.get(b) ?? 0));
  return occurrences(text, /[\u0080-\ufffc]/g) >= damaged ? ['utf-8', ...legacy] : [...legacy, 'utf-8'];
}

/** U+FFFD stands for what is damaged. */
export function decode(bytes, encoding) {
  if (encoding !== 'cp850') return new TextDecoder(encoding).decode(bytes);
  const text = new TextDecoder('x-user-defined').decode(bytes); // the upper half is U+F780 and the signs after it
  return text.replace(/[\uf780-\uf7ff]/g, (sign) => CP850[sign.charCodeAt(0) - 0xf780]);
}

/** Lines that look different in each encoding. */
export function compareEncodings(bytes, encodings) {
  const lines = encodings.map((encoding) => decode(bytes, encoding).split(/\r\n|\r|\n/));
  const utf8 = lines[encodings.indexOf('utf-8')];
  const accented = [...utf8.keys()].filter((at) => /[^\x00-\x7f]/.test(utf8[at]));
  const damaged = accented.filter((at) => utf8[at].includes('\ufffd'));
  return [...new Set([...damaged, ...accented])].slice(0, SAMPLES)
    .map((at) => ({ line: at + 1, texts: lines.map((texts) => sample(texts[at] ?? '', utf8[at])) }));
}

/** Of a long line, the part around its first accent. */
const sample = (text, line) =>
  text.length <= SAMPLE_LENGTH ? text : text.slice(Math.max(0, line.search(/[^\x00-\x7f]/) - 20)).slice(0, SAMPLE_LENGTH);

const occurrences = (text, pattern) => text.match(pattern)?.length ?? 0;

/** Text has no zero bytes; in UTF-16 every other byte of Western text is one. */
function unmarkedUtf16(bytes) {
  const head = [...bytes.subarray(0, 400)];
  const [even, odd] = [0, 1].map((parity) => head.filter((byte, at) => byte === 0 && at % 2 === parity).length);
  if (Math.max(even, odd) < head.length * 0.3) return undefined;
  return odd > even ? 'utf-16le' : 'utf-16be';
}
