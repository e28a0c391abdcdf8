/** How long the first answer may take, in milliseconds, and what becomes of the second. */
export interface TwoAnswers {
  timeout: number;
  signal?: AbortSignal;
  second: {
    /** Milliseconds after which it is not waited for any longer. */
    within: number;
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

/**
 * Makes a request that the gateway answers twice: that it has taken it, and with the end (openclaw-gateway reference,
 * section 5). Resolves with the first answer. One that does not say `accepted` is the first and the last.
 */
export function askTwice(
  ask: (options: FinalOptions) => Promise<unknown>,
  { timeout, signal, second }: TwoAnswers,
): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const late = new AbortController();
  const timer = setTimeout(() => {
    // In the form of the library's own time limit.
    reject(Object.assign(new Error(`nothing came within ${timeout / 1000} s`), { code: 'CLIENT_TIMEOUT' }));
    late.abort();
  }, timeout);
  const taken = (payload: unknown) => {
    clearTimeout(timer);
    resolve(payload);
  };
  ask({
    expectFinal: true,
    timeoutMs: second.within,
    signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
    onAccepted: taken,
  }).then(
    last => {
      taken(last);
      second.take(last);
    },
    error => {
      clearTimeout(timer);
      // After the first answer this says only that the second does not come.
      reject(error);
      second.take(null);
    },
  );
  return promise;
}
