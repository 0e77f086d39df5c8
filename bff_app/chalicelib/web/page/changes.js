// @ts-check
/** Dispatches `change` when this page wrote rows, so that views reload. */

export const changes = new EventTarget();

export const rowsChanged = () => changes.dispatchEvent(new Event('change'));
