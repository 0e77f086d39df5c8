// @ts-check
/** What the person chose for this browser: language and theme. */

export const LANGUAGES = /** @type {const} */ (['es', 'en']);
export const THEMES = /** @type {const} */ (['auto', 'light', 'dark']);

/** @typedef {(typeof LANGUAGES)[number]} Language */
/** @typedef {(typeof THEMES)[number]} Theme */

/**
 * Use localStorage or sessionStorage, which may be switched off, full, or hold what is not ours.
 *
 * @template T
 * @param {() => T} use
 * @returns {T | null} null where it failed
 */
export function withStorage(use) {
  try {
    return use();
  } catch {
    return null;
  }
}

/** @param {string} name */
const stored = (name) => withStorage(() => localStorage.getItem(name));

/** @param {string} name @param {string} value */
const store = (name, value) => withStorage(() => localStorage.setItem(name, value));

/** @returns {Language} the chosen language, else the first of the browser's that we speak, else Spanish */
function preferredLanguage() {
  for (const tag of [stored('language'), ...navigator.languages]) {
    const known = LANGUAGES.find((language) => tag?.toLowerCase().startsWith(language));
    if (known) return known;
  }
  return 'es';
}

let language = preferredLanguage();

/** @returns {Language} */
export const currentLanguage = () => language;

/** @param {Language} chosen */
export function chooseLanguage(chosen) {
  language = chosen;
  store('language', chosen);
}

/** @returns {Theme} */
export const currentTheme = () => THEMES.find((theme) => theme === stored('theme')) ?? 'auto';

/** @param {Theme} chosen */
export function chooseTheme(chosen) {
  store('theme', chosen);
  showTheme(chosen);
}

/** @param {Theme} theme */
export const showTheme = (theme) => (document.documentElement.dataset.theme = theme);
