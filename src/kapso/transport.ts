/** The way to the network, apart from what is said over it. */

/** All in milliseconds. */
export interface Timeouts {
  /** Until a new connection stands, TLS included. */
  connect: number;
  /** From the request's start on a connection until the response's headers. */
  headers: number;
  /** From the headers until the last byte. */
  body: number;
}

export const defaultTimeouts: Timeouts = { connect: 10_000, headers: 30_000, body: 30_000 };

/** The limits of a request that may wait `answer` milliseconds for the answer, and again for its end. */
export function within(answer: number = defaultTimeouts.headers): Timeouts {
  return { connect: Math.min(answer, defaultTimeouts.connect), headers: answer, body: answer };
}

/** Bytes of a response that are read before it is refused. A page of 100 rows is well below 1 MB. */
export const defaultResponseLimit = 16 * 1024 * 1024;

export interface TransportRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: string;
  signal: AbortSignal;
  timeouts: Timeouts;
}

export interface TransportResponse {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  body: string;
}

/**
 * Makes one request. Follows no redirect and repeats nothing. Resolves with whatever status came; throws
 * `KapsoNetworkError`, whose `sent` tells whether a byte of the request may have left.
 */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;
