/** The frame of a panel beside the list: heading, close button and content. */

import { IconButton } from './parts.js';
import { address, currentRoute, go } from './router.js';
import { t } from './texts.js';
import { html, useId, useLayoutEffect, useRef } from './view.js';

export const closePanel = () => go(address('empleados', currentRoute().query));

/** The address of another panel, or with null of the list alone. */
export const panelAddress = (panel) => address('empleados', currentRoute().query, panel);

/** `title` is also that of the tab: the browser's history shows it. The heading gets the focus at first. */
export function Panel({ title, children }) {
  const id = useId();
  const heading = useRef(null);
  useLayoutEffect(() => heading.current.focus({ preventScroll: true }), []);
  useLayoutEffect(() => {
    document.title = `${title} · ${t('app.short')}`;
  }, [title]);
  return html`
    <section class="panel-frame" aria-labelledby=${id}>
      <header class="panel-heading">
        <h2 id=${id} tabindex="-1" ref=${heading}>${title}</h2>
        <${IconButton} icon="close" label=${t('close')} onClick=${closePanel} />
      </header>
      <div class="panel-body">${children}</div>
    </section>`;
}
