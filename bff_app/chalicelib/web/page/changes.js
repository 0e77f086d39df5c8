// @ts-check
/** Tells the views that rows were written here, so that they ask the server again. */

export const changes = new EventTarget();

export const rowsChanged = () => changes.dispatchEvent(new Event('change'));
