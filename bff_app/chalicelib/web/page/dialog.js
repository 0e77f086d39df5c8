// @ts-check
/** A question that has to be answered before anything else. */

import { h, newId } from './element.js';

/** @typedef {import('./element.js').Child} Child */

/** A button that answers. @param {string} value @param {Child[]} label @param {import('./element.js').Attributes} [attributes] */
export const answerButton = (value, label, attributes = {}) => h('button', { value, ...attributes }, ...label);

/**
 * @param {string} title
 * @param {Child[]} content
 * @param {Child[]} actions each closes the dialog with its value
 * @returns {{answer: Promise<string>, close: (answer: string) => void, data: () => FormData}} `answer` is empty when the
 *   person closed it without one
 */
export function ask(title, content, actions) {
  const heading = h('h2', { id: newId(), tabindex: '-1', autofocus: true }, title);
  const form = h('form', { method: 'dialog' }, heading, ...content, h('div', { class: 'actions' }, ...actions));
  const dialog = h('dialog', { 'aria-labelledby': heading.id }, form);
  document.body.append(dialog);
  dialog.showModal();
  return {
    close: (answer) => dialog.close(answer),
    data: () => new FormData(form),
    answer: new Promise((resolve) => {
      dialog.addEventListener('close', () => {
        dialog.remove();
        resolve(dialog.returnValue);
      });
    }),
  };
}
