import type { Clock } from '../../clock.ts';
import { trimEndOf } from '../../trim-end.ts';
import { version } from '../../version.ts';
import { httpDate, parseJson, readApiError } from './api-error.ts';
import { type KapsoError, KapsoResponseError, quote } from './errors.ts';
import type { RateLimit } from './rate-limit.ts';
import {
  defaultTimeouts,
  type StreamedBody,
  type Timeouts,
  type Transport,
  type TransportRequest,
} from './transport.ts';

export interface ApiOptions {
  /** The API's origin, e.g. `https://api.kapso.ai`. A path in it is kept as a prefix. */
  baseUrl: string;
  apiKey: string;
  /** Where the key came from, for the hint where it is refused. */
  keyFrom?: string | undefined;
  transport: Transport;
  clock: Clock;
  timeouts?: Partial<Timeouts> | undefined;
  /** Is shown every answer. */
  rateLimit?: RateLimit | undefined;
}

export interface ApiCall {
  method: TransportRequest['method'];
  /** The path below the base URL, percent-encoded, with a leading slash. */
  path: string;
  query?: Readonly<Record<string, string | undefined>>;
  /** Sent as JSON. */
  body?: unknown;
  /** Another body, in the place of `body`. */
  form?: StreamedBody & { contentType: string };
  /** What is being done, for error messages: `<action> failed (…)`. */
  action: string;
  /** What to do when the API does not know the object of the call (HTTP 404, Meta code 100). */
  ifUnknown?: string;
  signal?: AbortSignal | undefined;
  /** See `TransportRequest`. */
  guard?: (() => void) | undefined;
  /** See `TransportRequest`. */
  overflow?: TransportRequest['overflow'];
  /** The default is the API's own time limits. */
  timeouts?: Timeouts;
}

export interface ApiAnswer {
  /** The parsed body; null when it is empty or no JSON. */
  json: unknown;
  /** Whether the answer was too large to hold, so that `overflow` got it. */
  overflowed: boolean;
  status: number;
  /** The response's Date header in milliseconds since the epoch (whole seconds on the wire); null without one. */
  serverTime: number | null;
  /** The time of the request by the local clock. */
  sentAt: number;
  receivedAt: number;
}

export type Api = (call: ApiCall) => Promise<ApiAnswer>;

/**
 * Speaks JSON to Kapso's HTTP API. The key in `X-API-Key` goes to the base URL's origin and nowhere else. The returned
 * function throws `KapsoApiError` for every status except 2xx, and `KapsoNetworkError`.
 *
 * Throws a TypeError when the base URL is invalid.
 */
export function createApi(options: ApiOptions): Api {
  const base = new URL(options.baseUrl);
  if (base.protocol !== 'https:' && base.protocol !== 'http:') {
    throw new TypeError(`the base URL must begin with https:// or http://, not ${quote(base.protocol)}`);
  }
  const prefix = base.origin + trimEndOf(base.pathname, '/');
  const timeouts = { ...defaultTimeouts, ...options.timeouts };
  const { apiKey, transport, clock } = options;
  const secrets = [apiKey];

  return async call => {
    const url = new URL(prefix + call.path);
    if (url.origin !== base.origin) throw new TypeError('a request would leave the origin of the base URL');
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const type = call.form?.contentType ?? (call.body === undefined ? undefined : 'application/json');
    const sentAt = clock.now();
    const response = await transport({
      method: call.method,
      url,
      headers: {
        'x-api-key': apiKey,
        accept: 'application/json',
        'user-agent': `kapso-whatsapp/${version}`,
        ...(type && { 'content-type': type }),
      },
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
      ...(call.form && { stream: call.form }),
      signal: call.signal ?? new AbortController().signal,
      timeouts: call.timeouts ?? timeouts,
      ...(call.overflow && { overflow: call.overflow }),
      ...(call.guard && { guard: call.guard }),
    });
    options.rateLimit?.observe(response);
    const receivedAt = clock.now();
    if (response.status < 200 || response.status > 299) {
      const { action, ifUnknown } = call;
      throw readApiError(response, { action, ifUnknown, secrets, keyFrom: options.keyFrom, now: receivedAt });
    }
    return {
      json: parseJson(response.body),
      overflowed: response.overflowed === true,
      status: response.status,
      serverTime: httpDate(response.headers.date),
      sentAt,
      receivedAt,
    };
  };
}

/** The error of a success whose body differs from the documentation. */
export function undocumented(action: string, status: number, what: string): KapsoError {
  return new KapsoResponseError(`${action} failed: Kapso answered ${status}, but ${what}`, {
    hint: 'Check the base URL and whether a proxy answers in the place of Kapso.',
  });
}
