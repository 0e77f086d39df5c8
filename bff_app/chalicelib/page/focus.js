// @ts-check
/**
 * The keyboard's place, where the page is drawn anew. An element that is taken away while it has the focus gives it to
 * the document: who uses the keyboard has to find the way again, and a screen reader falls silent.
 */

/**
 * Put `children` in the place of what stands in `root`. If the keyboard was there, it goes to what now has the same
 * `data-focus`, or to the heading of the view or panel.
 *
 * @param {HTMLElement} root
 * @param {...HTMLElement} children
 */
export function redraw(root, ...children) {
  const focused = root.contains(document.activeElement) ? document.activeElement : null;
  const name = focused?.getAttribute('data-focus') ?? null;
  root.replaceChildren(...children);
  if (focused && !focusNamed(root, name)) focusHeading(root);
}

/**
 * @param {HTMLElement} root
 * @param {string | null} name
 * @returns {boolean} whether something of this `data-focus` is there and can be used, and has the keyboard now
 */
export function focusNamed(root, name) {
  if (name === null) return false;
  const element = /** @type {HTMLElement | null} */ (root.querySelector(`[data-focus="${CSS.escape(name)}"]`));
  element?.focus({ preventScroll: true });
  return element !== null && element === document.activeElement;
}

/** The heading of the view or panel that `root` is part of, or else of the view. @param {Element} root */
export function focusHeading(root) {
  const around = root.closest('.view, .panel-frame') ?? document.querySelector('.view');
  /** @type {HTMLElement | null | undefined} */ (around?.querySelector('h1, h2'))?.focus({ preventScroll: true });
}
