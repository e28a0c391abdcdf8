/** The way to the network, apart from what is said over it. */

import type { CutAnswer } from './oversize.ts';

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

/** Bytes of a response that are held. A page of 100 rows is well below 1 MB as a rule. */
export const defaultResponseLimit = 16 * 1024 * 1024;

export interface TransportRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: string;
  signal: AbortSignal;
  timeouts: Timeouts;
  /** Of a successful answer above the limit, to be given its ends: without it, such an answer is an error. */
  cut?: boolean;
}

export interface TransportResponse {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Empty where `cut` is set. */
  body: string;
  cut?: CutAnswer;
}

/**
 * Makes one request. Follows no redirect and repeats nothing. Resolves with whatever status came; throws
 * `KapsoNetworkError`, whose `sent` tells whether a byte of the request may have left, as `KapsoOversizeError` where a
 * successful answer is above the limit.
 */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;
