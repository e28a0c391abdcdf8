import { KapsoNetworkError, KapsoOversizeError, quote } from './errors.ts';
import type { TransportRequest, TransportResponse } from './transport.ts';

/** The state of one request on its way: what both transports share apart from the library that moves the bytes. */
export interface PendingRequest {
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
 * Watches over a request: time limits, the size limit and the caller's abort. `stop` is called when it ends before the
 * response does, to let go of the connection; `proxy` tells what is shown of the proxy in use, if any.
 */
export function openRequest(
  request: TransportRequest,
  limit: number,
  { stop, proxy }: { stop: (reason: Error) => void; proxy?: () => string | undefined },
): PendingRequest {
  const { promise, resolve, reject } = Promise.withResolvers<TransportResponse>();
  const { timeouts, signal, url } = request;
  const chunks: Uint8Array[] = [];
  let size = 0;
  let overflowed = false;
  let sent: 'no' | 'maybe' = 'no';
  let over = false;
  let status = 0;
  let responseHeaders: Record<string, string> = {};
  let timer = setTimeout(expire, timeouts.connect, 'to connect', timeouts.connect);
  let silence: NodeJS.Timeout | undefined;

  function expire(phase: string, ms: number): void {
    halt(`gave up waiting ${phase} after ${ms / 1000} s`);
  }

  function expireBody(phase: string, ms: number): void {
    const hint = 'Where the line is as slow as that, raise kapso.timeout (KAPSO_TIMEOUT).';
    tooMuch(`gave up waiting ${phase} of the answer after ${ms / 1000} s`, hint);
  }

  function next(phase: string, ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(expire, ms, phase, ms);
  }

  function close(): void {
    over = true;
    clearTimeout(timer);
    clearTimeout(silence);
    signal.removeEventListener('abort', abort);
  }

  function halt(what: string, cause?: unknown): void {
    const hint = sent === 'no' ? hintFor(request.method, cause, proxy?.()) : undefined;
    endWith(new KapsoNetworkError(sent, `${request.method} ${url.host}: ${what}`, { hint, cause }));
  }

  function endWith(error: KapsoNetworkError): void {
    if (over) return;
    close();
    reject(error);
    stop(error);
  }

  /** The answer is above a limit. Of an error page it is not the rows that are too many. */
  function tooMuch(what: string, hint?: string): void {
    if (!isSuccess()) halt(what);
    else endWith(new KapsoOversizeError(`${request.method} ${url.host}: ${what}`, { hint }));
  }

  function isSuccess(): boolean {
    return status >= 200 && status <= 299;
  }

  /** Holds nothing any more, from the first byte on. */
  function handOver(bytes: Uint8Array, take: (bytes: Uint8Array) => void): void {
    overflowed = true;
    for (const chunk of [...chunks.splice(0), bytes]) take(chunk);
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
      clearTimeout(timer);
      timer = setTimeout(expireBody, timeouts.body, 'for the end', timeouts.body);
      if (timeouts.silence !== undefined)
        silence = setTimeout(expireBody, timeouts.silence, 'for more', timeouts.silence);
      const announced = Number(responseHeaders['content-length']);
      if (announced > limit && !(request.overflow && isSuccess()))
        tooMuch(`the answer of ${announced} bytes is above the limit of ${limit}`);
    },
    chunk(bytes) {
      if (over) return;
      silence?.refresh();
      size += bytes.length;
      if (size <= limit) chunks.push(bytes);
      else if (request.overflow && isSuccess()) handOver(bytes, request.overflow);
      else tooMuch(`the answer is above the limit of ${limit} bytes`);
    },
    end() {
      if (over) return;
      close();
      const answer = { status, headers: responseHeaders };
      if (overflowed) resolve({ ...answer, body: '', overflowed });
      else resolve({ ...answer, body: Buffer.concat(chunks, size).toString('utf8') });
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

/** OpenSSL's codes for a certificate whose issuer is not known here. */
const unknownIssuer: ReadonlySet<string> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/** What to do where no byte of the request has left. */
function hintFor(method: TransportRequest['method'], cause: unknown, proxy: string | undefined): string {
  return (method === 'GET' ? '' : 'Nothing was sent. ') + whatToDo(cause, proxy);
}

function whatToDo(cause: unknown, proxy: string | undefined): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (unknownIssuer.has(code))
    return 'Where this network has a certificate of its own, name its file: NODE_EXTRA_CA_CERTS=/path/to/ca.pem.';
  if (proxy && cause instanceof Error && proxyRefusal(cause.message) === '407')
    return `Put both into the address of the proxy ${proxy}: http://USER:PASSWORD@HOST:PORT.`;
  return `Check the network${proxy ? `, the proxy ${proxy}` : ''} and the base URL.`;
}

/** The HTTP status of a proxy that opens no tunnel, which undici names in its message only. */
function proxyRefusal(message: string): string | undefined {
  return /^Proxy response \((\d{3})\) !== 200/.exec(message)?.[1];
}

/** Node hides what happened on each address behind an AggregateError without a message. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  if (!(error instanceof Error)) return 'the connection failed';
  const refusal = proxyRefusal(error.message);
  if (refusal)
    return `the proxy refused with HTTP ${refusal}${refusal === '407' ? ': it asks for a user name and password' : ''}`;
  // OpenSSL's own line: thread:error:number:library:function:reason:file:line:
  const handshake = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/.exec(error.message)?.[1];
  if (handshake) return `the TLS handshake failed: ${quote(handshake)}`;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  const message = quote(error.message) || 'the connection failed';
  return code && !message.includes(code) ? `${message} (${code})` : message;
}
