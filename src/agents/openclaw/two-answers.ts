/** How long the first answer may take, in milliseconds, and what becomes of the second. */
export interface TwoAnswers {
  timeout: number;
  signal: AbortSignal;
  /** Called right before the request leaves. What it throws, the request rejects with. */
  guard?: (() => void) | undefined;
  second: {
    /** Milliseconds after which it is not waited for any longer. */
    within: number;
    /** Ends the wait for it, at the latest when the first does not come in time. */
    over: AbortController;
    /** Called once: with the second answer, or with null when none comes. */
    take: (payload: unknown) => void;
  };
}

/** What the library's `request` takes for a method that answers twice. */
interface FinalOptions {
  expectFinal: true;
  timeoutMs: number;
  signal: AbortSignal;
  onAccepted: (payload: unknown) => void;
}

/** With a reason of its own an abort makes no exception with a stack, which nobody would read. */
const tooLate = 'no first answer';

/**
 * Makes a request that the gateway answers twice: that it has taken it, and with the end (openclaw-gateway reference,
 * section 5). Resolves with the first answer. One that does not say `accepted` is the first and the last.
 */
export function askTwice(
  ask: (options: FinalOptions) => Promise<unknown>,
  { timeout, signal, second }: TwoAnswers,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const { over } = second;
  // Not `AbortSignal.any`: it takes as long as to send the request, and leaves weak references to the collector.
  const stop = () => over.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(() => {
    // In the form of the library's own time limit.
    reject(Object.assign(new Error(`nothing came within ${timeout / 1000} s`), { code: 'CLIENT_TIMEOUT' }));
    over.abort(tooLate);
  }, timeout);
  const taken = (payload: unknown) => {
    clearTimeout(timer);
    resolve(payload);
  };
  ask({
    expectFinal: true,
    timeoutMs: second.within,
    signal: over.signal,
    onAccepted: taken,
  }).then(
    last => {
      signal.removeEventListener('abort', stop);
      taken(last);
      second.take(last);
    },
    error => {
      signal.removeEventListener('abort', stop);
      clearTimeout(timer);
      // After the first answer this says only that the second does not come.
      reject(error);
      second.take(null);
    },
  );
  return promise;
}
