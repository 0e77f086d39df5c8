/** What the steps of the import have in common. */

import { count } from './format.js';
import { Button, PlainTable } from './parts.js';
import { t } from './texts.js';
import { html, useLayoutEffect, useRef, useState } from './view.js';

const ROWS_AT_ONCE = 50;

/** The heading of a step; it gets the focus. */
export function StepHeading({ children }) {
  const heading = useRef(null);
  useLayoutEffect(() => heading.current.focus({ preventScroll: true }), []);
  return html`<h2 tabindex="-1" ref=${heading}>${children}</h2>`;
}

export const number = (key, n) => t(key, { n, count: count(n) });

/** Lines of the file of one kind, the first ones at first. `row` gives the cells of an item. */
export function LineTable({ kind, columns, items, row, children }) {
  const [shown, setShown] = useState(ROWS_AT_ONCE);
  const title = t(`import.${kind}.title`);
  return items.length > 0 && html`
    <section class="card">
      <h3>${title}</h3>
      <p>${t(`import.${kind}.text`)}</p>
      ${children}
      <${PlainTable} label=${title} rows=${items.slice(0, shown).map((item) => [item.line, ...row(item)])}
        columns=${[{ title: t('import.line'), isNumber: true, isHeading: true }, ...columns]} />
      ${shown < items.length && html`
        <${Button} onClick=${() => setShown(shown + ROWS_AT_ONCE)}>${t('activity.more')} (${count(items.length - shown)})<//>`}
    </section>`;
}
