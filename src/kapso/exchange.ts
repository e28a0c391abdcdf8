import { KapsoNetworkError, KapsoOversizeError, quote } from './errors.ts';
import type { TransportRequest, TransportResponse } from './transport.ts';

/** Bytes that are kept of each end of an answer that is above the limit. */
const endLength = 65_536;

/** The state of one request on its way: what both transports share apart from the library that moves the bytes. */
export interface Exchange {
  /** Before the first byte leaves: from here on the request may have reached the other side. */
  started(): void;
  /** The response's head is there. */
  head(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void;
  chunk(bytes: Uint8Array): void;
  end(): void;
  fail(error: unknown): void;
  readonly over: boolean;
  readonly result: Promise<TransportResponse>;
}

/**
 * Opens an exchange: time limits, the size limit and the caller's abort. `stop` is called when it ends before the
 * response does, to let go of the connection.
 */
export function openExchange(request: TransportRequest, limit: number, stop: (reason: Error) => void): Exchange {
  const { promise, resolve, reject } = Promise.withResolvers<TransportResponse>();
  const { timeouts, signal, url } = request;
  const chunks: Uint8Array[] = [];
  let size = 0;
  let ends: { head: Buffer; tail: Buffer } | null = null;
  let sent: 'no' | 'maybe' = 'no';
  let over = false;
  let status = 0;
  let responseHeaders: Record<string, string> = {};
  let timer = setTimeout(expire, timeouts.connect, 'to connect', timeouts.connect);

  function expire(phase: string, ms: number): void {
    halt(`gave up waiting ${phase} after ${ms / 1000} s`);
  }

  function next(phase: string, ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(expire, ms, phase, ms);
  }

  function close(): void {
    over = true;
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }

  function halt(what: string, cause?: unknown): void {
    endWith(
      new KapsoNetworkError(sent, `${request.method} ${url.host}: ${what}`, {
        hint: sent === 'no' ? 'Nothing was sent. Check the network and the base URL.' : undefined,
        cause,
      }),
    );
  }

  function endWith(error: KapsoNetworkError): void {
    if (over) return;
    close();
    reject(error);
    stop(error);
  }

  /** The answer is above the limit. Of an error page it is not the rows that are too many. */
  function tooLarge(what: string): void {
    if (!isSuccess()) halt(what);
    else endWith(new KapsoOversizeError(`${request.method} ${url.host}: ${what}`));
  }

  function isSuccess(): boolean {
    return status >= 200 && status <= 299;
  }

  /** Lets go of all but the first and the last bytes. */
  function keepEnds(bytes: Uint8Array): void {
    if (ends === null) {
      const whole = Buffer.concat([...chunks.splice(0), bytes]);
      ends = { head: Buffer.from(whole.subarray(0, endLength)), tail: Buffer.from(whole.subarray(-endLength)) };
    } else {
      ends.tail = Buffer.from(Buffer.concat([ends.tail, bytes]).subarray(-endLength));
    }
  }

  function abort(): void {
    halt('stopped before the answer came', signal.reason);
  }

  if (signal.aborted) queueMicrotask(abort);
  else signal.addEventListener('abort', abort, { once: true });

  return {
    started() {
      if (over) return;
      sent = 'maybe';
      next('for the answer', timeouts.headers);
    },
    head(code, headers) {
      if (over) return;
      status = code;
      responseHeaders = plainHeaders(headers);
      next('for the end of the answer', timeouts.body);
      const announced = Number(responseHeaders['content-length']);
      if (announced > limit && !(request.cut && isSuccess()))
        tooLarge(`the answer of ${announced} bytes is above the limit of ${limit}`);
    },
    chunk(bytes) {
      if (over) return;
      size += bytes.length;
      if (size <= limit) chunks.push(bytes);
      else if (request.cut && isSuccess()) keepEnds(bytes);
      else tooLarge(`the answer is above the limit of ${limit} bytes`);
    },
    end() {
      if (over) return;
      close();
      const answer = { status, headers: responseHeaders };
      if (ends === null) return resolve({ ...answer, body: Buffer.concat(chunks, size).toString('utf8') });
      const cut = { head: ends.head.toString('utf8'), tail: ends.tail.toString('utf8'), size };
      resolve({ ...answer, body: '', cut });
    },
    fail(error) {
      halt(describe(error), error);
    },
    get over() {
      return over;
    },
    result: promise,
  };
}

function plainHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}

/** Node hides what happened on each address behind an AggregateError without a message. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  if (!(error instanceof Error)) return 'the connection failed';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  const message = quote(error.message) || 'the connection failed';
  return code && !message.includes(code) ? `${message} (${code})` : message;
}
