import { KapsoNetworkError, KapsoOversizeError } from './errors.ts';
import { describeNetworkFailure, hintWhereUnsent } from './network-failure.ts';
import type { StreamedBody, TransportRequest, TransportResponse } from './transport.ts';

const onSlowLine = 'Where the line is as slow as that, raise kapso.timeout (KAPSO_TIMEOUT).';

/** The state of one request under way. Both transports share it; they differ in the library that moves the bytes. */
export interface PendingRequest {
  /**
   * Call right before the first byte leaves: from here on the request may have reached the other side. Returns whether it
   * may leave.
   */
  started(): boolean;
  /**
   * Reads a streamed body for the library that sends it, which asks for the next piece when it has taken the last one.
   * Ends early when the request is over.
   */
  pieces(body: StreamedBody): AsyncIterable<Uint8Array>;
  /** The response's head has arrived. */
  head(status: number, headers: Readonly<Record<string, string | string[] | undefined>>): void;
  chunk(bytes: Uint8Array): void;
  end(): void;
  fail(error: unknown): void;
  readonly over: boolean;
  readonly result: Promise<TransportResponse>;
}

/**
 * Supervises a request: time limits, the size limit and the caller's abort. `stop` is called when it ends before the
 * response does, to release the connection. `proxy` is the part of the proxy's address that may be shown, if there is a
 * proxy.
 */
export function openRequest(
  request: TransportRequest,
  limit: number,
  { stop, proxy }: { stop: (reason: Error) => void; proxy?: () => string | undefined },
): PendingRequest {
  const { promise, resolve, reject } = Promise.withResolvers<TransportResponse>();
  const { method, url, timeouts, signal } = request;
  const timers = createTimers();
  let sent: 'no' | 'maybe' = 'no';
  let over = false;
  let answer: IncomingAnswer | null = null;
  function close(): void {
    over = true;
    timers.clear();
    signal.removeEventListener('abort', abort);
  }

  function endWith(error: KapsoNetworkError): void {
    if (over) return;
    close();
    reject(error);
    stop(error);
  }

  function halt(what: string, cause?: unknown, advice?: string): void {
    const hint = sent === 'no' ? hintWhereUnsent(method, cause, proxy?.()) : advice;
    endWith(new KapsoNetworkError(sent, `${method} ${url.host}: ${what}`, { hint, cause }));
  }

  /** The answer exceeds a limit. For an error page the cause is not too many rows. */
  function tooMuch(what: string, hint?: string): void {
    if (!answer?.success) halt(what);
    else endWith(new KapsoOversizeError(`${method} ${url.host}: ${what}`, { hint }));
  }

  function tooSlow(what: string): void {
    tooMuch(what, onSlowLine);
  }

  async function* pieces(body: StreamedBody) {
    for await (const piece of body.read()) {
      yield piece;
      if (over) return;
      timers.heard();
    }
    // An early answer has its own limits already.
    if (answer !== null) return;
    timers.endSilence();
    timers.begin('for the answer', timeouts.headers, halt);
  }

  function abort(): void {
    halt('stopped before the answer came', signal.reason);
  }

  timers.begin('to connect', timeouts.connect, halt);
  if (signal.aborted) queueMicrotask(abort);
  else signal.addEventListener('abort', abort, { once: true });

  return {
    started() {
      if (over) return false;
      try {
        request.guard?.();
      } catch (error) {
        close();
        reject(error);
        stop(error as Error);
        return false;
      }
      sent = 'maybe';
      if (request.stream === undefined) {
        timers.begin('for the answer', timeouts.headers, halt);
        return true;
      }
      const tooSlowly = (what: string) => halt(what, undefined, onSlowLine);
      timers.begin('for the other side to take the whole file', timeouts.sending ?? timeouts.headers, tooSlowly);
      if (timeouts.silence !== undefined)
        timers.watchSilence('for the other side to take more of the file', timeouts.silence, tooSlowly);
      return true;
    },
    pieces,
    head(status, headers) {
      if (over) return;
      answer = receiveAnswer(status, plainHeaders(headers), limit, request.overflow);
      timers.begin('for the end of the answer', timeouts.body, tooSlow);
      if (timeouts.silence !== undefined) timers.watchSilence('for more of the answer', timeouts.silence, tooSlow);
      if (answer.announcedTooLarge !== null)
        tooMuch(`the answer of ${answer.announcedTooLarge} bytes is above the limit of ${limit}`);
    },
    chunk(bytes) {
      if (over) return;
      timers.heard();
      if (!answer?.take(bytes)) tooMuch(`the answer is above the limit of ${limit} bytes`);
    },
    end() {
      if (over || answer === null) return;
      close();
      resolve(answer.response());
    },
    fail(error) {
      halt(describeNetworkFailure(error), error);
    },
    get over() {
      return over;
    },
    result: promise,
  };
}

/** The time limits of a request: of its present phase, and of silence within its answer. */
function createTimers() {
  let phase: NodeJS.Timeout | undefined;
  let silence: NodeJS.Timeout | undefined;
  const after = (what: string, ms: number, expire: (what: string) => void) =>
    setTimeout(expire, ms, `gave up waiting ${what} after ${ms / 1000} s`);
  return {
    /** Begins a phase and ends the previous one. */
    begin(what: string, ms: number, expire: (what: string) => void) {
      clearTimeout(phase);
      phase = after(what, ms, expire);
    },
    watchSilence(what: string, ms: number, expire: (what: string) => void) {
      clearTimeout(silence);
      silence = after(what, ms, expire);
    },
    endSilence: () => clearTimeout(silence),
    heard: () => silence?.refresh(),
    clear() {
      clearTimeout(phase);
      clearTimeout(silence);
    },
  };
}

type IncomingAnswer = ReturnType<typeof receiveAnswer>;

/**
 * Receives an answer and holds up to `limit` bytes. A larger success is handed over from its first byte on, where the
 * caller wants that.
 */
function receiveAnswer(
  status: number,
  headers: Record<string, string>,
  limit: number,
  overflow: TransportRequest['overflow'],
) {
  const success = status >= 200 && status <= 299;
  const handOver = success ? overflow : undefined;
  const announced = Number(headers['content-length']);
  const chunks: Uint8Array[] = [];
  let size = 0;
  return {
    success,
    /** The announced number of bytes when it is too large; else null. */
    announcedTooLarge: announced > limit && !handOver ? announced : null,
    /** Returns whether the bytes could be taken. */
    take(bytes: Uint8Array): boolean {
      size += bytes.length;
      if (size <= limit) chunks.push(bytes);
      else if (handOver) for (const chunk of [...chunks.splice(0), bytes]) handOver(chunk);
      return size <= limit || handOver !== undefined;
    },
    response(): TransportResponse {
      if (size > limit) return { status, headers, body: '', overflowed: true };
      return { status, headers, body: Buffer.concat(chunks, size).toString('utf8') };
    },
  };
}

function plainHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) plain[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}
