/** What the person chose for this browser: language and theme. */

export const LANGUAGES = ['es', 'en'];
export const THEMES = ['auto', 'light', 'dark'];

/** Use localStorage or sessionStorage, which may be switched off, full, or hold what is not ours: null where it failed. */
export function withStorage(use) {
  try {
    return use();
  } catch {
    return null;
  }
}

const stored = (name) => withStorage(() => localStorage.getItem(name));

const store = (name, value) => withStorage(() => localStorage.setItem(name, value));

/** The chosen language, else the first of the browser's that we speak, else Spanish */
function preferredLanguage() {
  const tags = [stored('language'), ...navigator.languages].map((tag) => tag?.slice(0, 2).toLowerCase());
  return tags.find((tag) => tag === 'es' || tag === 'en') ?? 'es';
}

let language = preferredLanguage();

export const currentLanguage = () => language;

export function chooseLanguage(chosen) {
  language = chosen;
  store('language', chosen);
}

/** Keys without a modifier can be switched off: they hinder people who speak to their computer. */
export const hasShortcuts = () => stored('shortcuts') !== 'off';

export const chooseShortcuts = (areOn) => store('shortcuts', areOn ? 'on' : 'off');

export const currentTheme = () => THEMES.find((theme) => theme === stored('theme')) ?? 'auto';

export function chooseTheme(chosen) {
  store('theme', chosen);
  showTheme(chosen);
}

export const showTheme = (theme) => (document.documentElement.dataset.theme = theme);
