import { Agent } from 'undici';
import { type Exchange, openExchange } from './exchange.ts';
import { defaultResponseLimit, defaultTimeouts, type Transport } from './transport.ts';

export interface UndiciTransport extends Transport {
  /** Ends the idle connections at once and what is under way with an error. */
  close(): Promise<void>;
}

/**
 * The daemon's way to the network: connections are kept open between requests.
 *
 * @param options.maxResponseBytes  default 16 MiB
 * @param options.connectTimeout    when a connection that is not made is let go of, in milliseconds; default 10 s
 */
export function createUndiciTransport(
  options: { maxResponseBytes?: number; connectTimeout?: number } = {},
): UndiciTransport {
  const limit = options.maxResponseBytes ?? defaultResponseLimit;
  const agent = new Agent({
    // Lets go of an attempt that nobody waits for any more; the exchange's own timers bound every phase.
    connect: { timeout: options.connectTimeout ?? defaultTimeouts.connect },
    headersTimeout: 0,
    bodyTimeout: 0,
    pipelining: 1,
    allowH2: false,
  });

  const transport: Transport = request => {
    const { url, method, headers } = request;
    let controller: { abort(reason: Error): void } | null = null;
    let failure: Error | null = null;
    const exchange: Exchange = openExchange(request, limit, reason => {
      failure = reason;
      controller?.abort(reason);
    });
    if (request.signal.aborted) return exchange.result;
    agent.dispatch(
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: { ...headers },
        body: request.body ?? null,
      },
      {
        // Called when a connection is there, right before the first byte is written to it.
        onRequestStart(started) {
          if (failure) return started.abort(failure);
          controller = started;
          exchange.started();
        },
        onResponseStart(_, status, responseHeaders) {
          if (status >= 200) exchange.head(status, responseHeaders);
        },
        onResponseData: (_, chunk) => exchange.chunk(chunk),
        onResponseEnd: () => exchange.end(),
        onResponseError: (_, error) => exchange.fail(error),
      },
    );
    return exchange.result;
  };
  return Object.assign(transport, { close: () => agent.destroy() });
}
