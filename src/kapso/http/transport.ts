/** The way to the network, apart from what is said over it. */

/** All in milliseconds. */
export interface Timeouts {
  /** Until a new connection stands, TLS included. */
  connect: number;
  /** From the request's start on a connection until the response's headers. */
  headers: number;
  /** From the headers until the last byte. */
  body: number;
  /** From one piece of the body to the next; by default as long as the whole may take. */
  silence?: number;
}

export const defaultTimeouts: Timeouts = { connect: 10_000, headers: 30_000, body: 30_000 };

/** The limits of a request that may wait `answer` milliseconds for the answer, and again for its end. */
export function within(answer: number = defaultTimeouts.headers): Timeouts {
  return { connect: Math.min(answer, defaultTimeouts.connect), headers: answer, body: answer };
}

/** How many times as long as usual an answer may take that keeps coming and cannot be asked for in smaller portions. */
const patience = 10;

/** The limits of a request that may wait `answer` milliseconds for the answer, and again for each further piece of it. */
export function withinSilence(answer: number = defaultTimeouts.headers): Timeouts {
  return { ...within(answer), body: patience * answer, silence: answer };
}

/** Bytes of a response that are held. A page of 100 rows is well below 1 MB as a rule. */
export const defaultResponseLimit = 16 * 1024 * 1024;

export interface TransportRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: string;
  signal: AbortSignal;
  timeouts: Timeouts;
  /** Takes the bytes of a successful answer above the limit, from its first one on, as they come: without it, such an answer is an error. */
  overflow?: (bytes: Uint8Array) => void;
}

export interface TransportResponse {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Empty where `overflow` was given it. */
  body: string;
  overflowed?: true;
}

/**
 * Makes one request. Follows no redirect, and repeats nothing but a GET that met a kept connection at its end. Resolves with whatever status came; throws
 * `KapsoNetworkError`, whose `sent` tells whether a byte of the request may have left, as `KapsoOversizeError` where a
 * successful answer is above the limit, or has begun and does not come to its end in time.
 */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;

export interface ClosableTransport extends Transport {
  /** Ends the idle connections at once and what is under way with an error. */
  close(): void;
}
