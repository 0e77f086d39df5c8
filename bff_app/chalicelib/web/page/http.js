/** One request to the server we come from. Whatever goes wrong is an {@link ApiError} that says what is known of it. */

import { currentLanguage } from './preferences.js';

/** Longer than the BFF's own limit (28 s), so that its answer is the one that people see. */
const PATIENCE_MS = 32_000;

export class ApiError extends Error {
  /**
   * @param kind `problem`: the API said why. `unreadable`: something other than the API answered. `silence`: nothing
   *   answered, and a write may or may not have taken effect.
   */
  constructor(kind, response, document = {}) {
    super(document.title ?? kind);
    this.kind = kind;
    this.document = document;
    this.status = response?.status ?? 0;
    this.title = document.title ?? '';
    this.detail = document.detail ?? '';
    this.requestId = document.request_id ?? response?.headers.get('X-Request-Id') ?? '';
    this.errors = document.errores ?? [];
    /** seconds, or null */
    this.retryAfter = Number(response?.headers.get('Retry-After')) || null;
    this.isNotSignedIn = this.status === 401;
    this.isForbidden = this.status === 403;
    /** Another request took effect under the same `Idempotency-Key`. */
    this.isKeyReused = document.type === 'urn:frontdoor:idempotency-key-reused';
    const isInFlight = document.type === 'urn:frontdoor:idempotency-key-in-flight';
    /** The same request may succeed later. */
    this.isTemporary = kind === 'silence' || [429, 502, 503, 504].includes(this.status) || isInFlight;
  }
}

/**
 * `inTurn`: it changes the session's cookies and waits for other requests that do, in any tab: a renewal under way would
 * otherwise bring back a session that another tab ends.
 */
export async function send(method, path, options = {}) {
  // Without HTTPS there are no locks, and no session either.
  if (!options.inTurn || !isSecureContext) return exchange(method, path, options);
  return navigator.locks.request('sesion', () => exchange(method, path, options));
}

async function exchange(method, path, { body, headers = {}, signal }) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), PATIENCE_MS);
  const content = body === undefined ? {} : { 'Content-Type': 'application/json' };
  try {
    const response = await fetch(path, {
      method,
      cache: 'no-cache',
      signal: AbortSignal.any(signal ? [signal, limit.signal] : [limit.signal]),
      headers: { Accept: 'application/json', 'Accept-Language': currentLanguage(), ...content, ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { data: await read(response), headers: response.headers };
  } catch (error) {
    if (error instanceof ApiError) throw error;
    signal?.throwIfAborted();
    throw new ApiError('silence');
  } finally {
    clearTimeout(timer);
  }
}

async function read(response) {
  const text = await response.text();
  if (response.status === 204) return null;
  const isJson = /^application\/([\w.-]+\+)?json\b/.test(response.headers.get('Content-Type') ?? '');
  let data;
  try {
    data = isJson && JSON.parse(text);
  } catch {
    data = null;
  }
  if (!data) throw new ApiError('unreadable', response);
  if (!response.ok) throw new ApiError('problem', response, data);
  return data;
}
