// @ts-check
/** One request to the server we come from. Whatever goes wrong is an {@link ApiError} that says what is known of it. */

import { currentLanguage } from './preferences.js';

/** Longer than the BFF's own limit (28 s), so that its answer is the one that people see. */
const PATIENCE_MS = 32_000;

/** The types of the problems that have to do with an `Idempotency-Key`. */
const IN_FLIGHT = 'urn:frontdoor:idempotency-key-in-flight';
const KEY_REUSED = 'urn:frontdoor:idempotency-key-reused';

/**
 * @typedef {{campo: string, regla: string, mensaje: string}} FieldError
 * @typedef {'problem' | 'unreadable' | 'silence'} Failure
 * @typedef {{body?: unknown, headers?: Record<string, string>, signal?: AbortSignal, keepalive?: boolean,
 *   inTurn?: boolean}} Options `inTurn`: it changes the session's cookies and waits for other requests that do, in any
 *   tab: a renewal under way would otherwise bring back a session that another tab ends
 */

/** A request that failed. */
export class ApiError extends Error {
  /**
   * @param {Failure} kind `problem`: the API said why. `unreadable`: something other than the API answered.
   *   `silence`: nothing answered, and a write may or may not have taken effect.
   * @param {{status?: number, title?: string, detail?: string, requestId?: string, errors?: FieldError[],
   *   retryAfter?: number | null, document?: Record<string, any>}} [facts]
   */
  constructor(kind, facts = {}) {
    super(facts.title ?? kind);
    this.kind = kind;
    this.status = facts.status ?? 0;
    this.title = facts.title ?? '';
    this.detail = facts.detail ?? '';
    this.requestId = facts.requestId ?? '';
    this.errors = facts.errors ?? [];
    /** seconds, or null */
    this.retryAfter = facts.retryAfter ?? null;
    /** the whole problem document */
    this.document = facts.document ?? {};
  }

  /** Whether the same request may succeed later. */
  get isTemporary() {
    return this.kind === 'silence' || [429, 502, 503, 504].includes(this.status) || this.document.type === IN_FLIGHT;
  }

  /** Whether another request took effect under the same key. */
  get isKeyReused() {
    return this.document.type === KEY_REUSED;
  }

  /** Whether the person has to sign in. */
  get isNotSignedIn() {
    return this.status === 401;
  }

  /** Whether the person's role is not enough. */
  get isForbidden() {
    return this.status === 403;
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<{data: any, headers: Headers}>}
 * @throws {ApiError} and an AbortError when `signal` ended it
 */
export async function send(method, path, options = {}) {
  // Without HTTPS there are no locks, and no session either.
  if (!options.inTurn || !isSecureContext) return exchange(method, path, options);
  return navigator.locks.request('sesion', () => exchange(method, path, options));
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 * @returns {Promise<{data: any, headers: Headers}>}
 */
async function exchange(method, path, { body, headers = {}, signal, keepalive }) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), PATIENCE_MS);
  const signals = signal ? [signal, limit.signal] : [limit.signal];
  try {
    const response = await fetch(path, {
      method,
      keepalive,
      cache: 'no-cache',
      signal: AbortSignal.any(signals),
      headers: {
        Accept: 'application/json',
        'Accept-Language': currentLanguage(),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
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

/** @param {Response} response @returns {Promise<any>} */
async function read(response) {
  const text = await response.text();
  const isJson = /^application\/([\w.-]+\+)?json\b/.test(response.headers.get('Content-Type') ?? '');
  if (response.status === 204) return null;
  const data = isJson ? parseJson(text) : undefined;
  const requestId = response.headers.get('X-Request-Id') ?? '';
  if (data === undefined) throw new ApiError('unreadable', { status: response.status, requestId });
  if (response.ok) return data;
  throw new ApiError('problem', {
    status: response.status,
    title: data.title,
    detail: data.detail,
    requestId: data.request_id ?? requestId,
    errors: data.errores,
    retryAfter: Number(response.headers.get('Retry-After')) || null,
    document: data,
  });
}

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
