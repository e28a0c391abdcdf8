/** How a request gets over the network, whatever it says. */

/** Time limits in milliseconds. */
export interface Timeouts {
  /** Until a new connection is open, TLS included. */
  connect: number;
  /** From the request's start on a connection to the response's headers. With a streamed body, from its last byte. */
  headers: number;
  /** From the headers to the last byte. */
  body: number;
  /**
   * From one piece of the response's body, or of a streamed one of the request, to the next. Without it, only the whole is
   * limited.
   */
  silence?: number;
  /** From the request's start on a connection to the last byte of a streamed body. The default is that of `headers`. */
  sending?: number;
}

/** The body of a request, read piece by piece while it is sent, so that it need not fit into memory. */
export interface StreamedBody {
  /** Bytes: what the pieces come to. */
  size: number;
  /** Is called once, when the connection is open. What it throws ends the request. */
  read: () => AsyncIterable<Uint8Array>;
}

export const defaultTimeouts: Timeouts = { connect: 10_000, headers: 30_000, body: 30_000 };

/** Returns the limits of a request that may take `answer` milliseconds to the answer's headers, and as long again to its end. */
export function within(answer: number = defaultTimeouts.headers): Timeouts {
  return { connect: Math.min(answer, defaultTimeouts.connect), headers: answer, body: answer };
}

/** The factor for an answer that keeps coming and cannot be requested in smaller portions. */
const patience = 10;

/**
 * Returns the limits of a request that may take `answer` milliseconds to the answer's headers, and as long again for
 * each further piece.
 */
export function withinSilence(answer: number = defaultTimeouts.headers): Timeouts {
  return { ...within(answer), body: patience * answer, silence: answer };
}

/** Bytes of a response to hold. A page of 100 rows usually has far less than 1 MB. */
export const defaultResponseLimit = 16 * 1024 * 1024;

export interface TransportRequest {
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: string;
  /** A body in the place of `body`. */
  stream?: StreamedBody;
  signal: AbortSignal;
  timeouts: Timeouts;
  /** Called right before the first byte leaves. When it throws, none leaves, and the request rejects with what it threw. */
  guard?: () => void;
  /**
   * Takes the bytes of a successful answer above the limit, from its first byte on, as they come. Without it, such an
   * answer is an error.
   */
  overflow?: (bytes: Uint8Array) => void;
}

export interface TransportResponse {
  status: number;
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>;
  /** Empty when `overflow` got it. */
  body: string;
  overflowed?: true;
}

/**
 * Makes one request. It follows no redirect. It repeats only a GET whose kept connection had been closed. Resolves with
 * any status. Throws `KapsoNetworkError`, whose `sent` says whether a byte of the request may have left. Throws
 * `KapsoOversizeError` when a successful answer exceeds the limit, or has begun and does not end in time.
 */
export type Transport = (request: TransportRequest) => Promise<TransportResponse>;

export interface ClosableTransport extends Transport {
  /** Ends the idle connections at once, and requests under way with an error. */
  close(): void;
}
