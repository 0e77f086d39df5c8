// @ts-check
/** What the person chose for this browser: language and theme. */

const LANGUAGES = /** @type {const} */ (['es', 'en']);
const THEMES = /** @type {const} */ (['auto', 'light', 'dark']);

/** @typedef {(typeof LANGUAGES)[number]} Language */
/** @typedef {(typeof THEMES)[number]} Theme */

/** @param {string} name @returns {string | null} */
function stored(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // storage is switched off: the choice lasts until the page is left
  }
}

/** @param {string} name @param {string} value */
function store(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // As above.
  }
}

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
export function showTheme(theme) {
  document.documentElement.dataset.theme = theme;
}

export { LANGUAGES, THEMES };
