/** A question that has to be answered before anything else. */

import { t } from './texts.js';
import { html, render } from './view.js';

/** Each button closes the dialog with its value as the answer, which is empty when the person closed it without one. */
export function ask(title, content, actions) {
  const dialog = document.createElement('dialog');
  dialog.ariaLabel = title;
  const form = html`
    <form method="dialog">
      <h2 tabindex="-1" autofocus>${title}</h2>
      ${content}
      <div class="actions">${actions}</div>
    </form>`;
  render(form, dialog);
  document.body.append(dialog);
  dialog.showModal();
  return {
    close: (answer) => dialog.close(answer),
    data: () => new FormData(dialog.querySelector('form') ?? undefined),
    answer: new Promise((resolve) => {
      dialog.addEventListener('close', () => {
        dialog.remove();
        resolve(dialog.returnValue);
      });
    }),
  };
}

/** @returns whether the person presses the button that says `yes` */
export async function confirm(title, text, yes, kind = 'primary') {
  const buttons = html`<button class=${kind} value="yes">${yes}</button><button>${t('cancel')}</button>`;
  return (await ask(title, html`<p>${text}</p>`, buttons).answer) === 'yes';
}
