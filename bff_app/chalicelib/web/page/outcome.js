/** What came of something that a person did. */

import { ApiError } from './http.js';
import { sentence } from './states.js';
import { toast } from './toast.js';

/**
 * Do something, and say that it is done or why not.
 *
 * @param work may throw an {@link ApiError}
 * @param done a text, or a function of what `work` returned
 * @param gone what a 404 means
 * @param failed stands before the reason
 * @returns whether it is done
 */
export async function tell(work, done, { gone, failed } = {}) {
  try {
    const result = await work();
    toast(typeof done === 'function' ? done(result) : done);
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (gone && error.status === 404) toast(gone);
    else toast([failed, error.errors[0]?.mensaje ?? sentence(error)].filter(Boolean).join(' '), { kind: 'error' });
    return false;
  }
}
