import type { Readable } from 'node:stream';
import type { buildConnector, Dispatcher } from 'undici';
import type { HttpProxy } from '../../config/proxy.ts';
import { waits } from '../../waits.ts';
import { openRequest, type PendingRequest } from './pending-request.ts';
import { type ClosableTransport, defaultResponseLimit, type Transport } from './transport.ts';

/** Options of `socket.connect`. The request supplies the port. */
const addresses = { port: 0, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: waits.connect.address };

/**
 * A transport through an HTTP proxy (a CONNECT tunnel for each request), on undici, which is loaded with the first
 * request: it costs 28 MB of resident memory. Hosts in `NO_PROXY` are reached directly.
 *
 * @param options.maxResponseBytes  default 16 MiB
 */
export function createProxiedTransport(options: { proxy: HttpProxy; maxResponseBytes?: number }): ClosableTransport {
  const { proxy, maxResponseBytes: limit = defaultResponseLimit } = options;
  const underWay = new Set<(reason: Error) => void>();

  const transport: Transport = async request => {
    const { url, method, body, stream } = request;
    let letGo: ((reason: Error) => void) | null = null;
    let direct = false;
    const pending = openRequest(request, limit, {
      stop: reason => letGo?.(reason),
      proxy: () => (direct ? undefined : proxy.name),
    });
    if (request.signal.aborted) return pending.result;
    const { EnvHttpProxyAgent, Pool, buildConnector } = await import('undici');
    const { isIP } = process.getBuiltinModule('node:net');
    const connectDirectly = buildConnector({ ...addresses, allowH2: false, timeout: 0 });
    // One agent a request, so that the request's end also closes what hangs in the proxy. The pending request has the
    // time limits.
    const agent = new EnvHttpProxyAgent({
      httpProxy: proxy.url,
      httpsProxy: proxy.url,
      noProxy: proxy.noProxy,
      proxyTunnel: true,
      allowH2: false,
      // Called only for a host in NO_PROXY.
      connect: (to, done) => {
        direct = true;
        connectDirectly(to, done);
      },
      connectTimeout: 0,
      proxyTls: addresses,
      clientFactory: (origin, settings) => {
        const { connect: open } = settings as { connect: buildConnector.connector };
        // An address cannot be a TLS server name, and Node.js 26 refuses it. The certificate is still checked against
        // the address.
        return new Pool(origin, {
          connect: (to, done) => open(isIP(to.hostname) ? { ...to, servername: '' } : to, done),
        });
      },
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    letGo = reason => void agent.destroy(reason);
    const stop = () => pending.fail(new Error('the transport was closed'));
    underWay.add(stop);
    if (!pending.over) {
      agent.dispatch(
        {
          origin: url.origin,
          path: url.pathname + url.search,
          method,
          headers: { ...request.headers, ...(stream && { 'content-length': String(stream.size) }) },
          body: stream ? readable(pending.pieces(stream)) : (body ?? null),
          // A server that refuses an upload early, and then closes, loses its answer.
          reset: stream === undefined,
        },
        handlersOf(pending),
      );
    }
    try {
      return await pending.result;
    } finally {
      underWay.delete(stop);
      await agent.destroy();
    }
  };

  return Object.assign(transport, {
    close: () => {
      for (const stop of underWay) stop(new Error('the transport was closed'));
    },
  });
}

/** A stream that reads no more ahead than the largest piece. */
function readable(pieces: AsyncIterable<Uint8Array>): Readable {
  const { Readable } = process.getBuiltinModule('node:stream');
  return Readable.from(pieces, { objectMode: false, highWaterMark: 1 });
}

function handlersOf(pending: PendingRequest): Dispatcher.DispatchHandler {
  return {
    // The connection is open, through the proxy and with its TLS, and the request is written next.
    onRequestStart: controller => {
      if (!pending.started()) controller.abort(new Error('given up'));
    },
    onResponseStart: (_, status, headers) => pending.head(status, headers),
    onResponseData: (_, chunk) => pending.chunk(chunk),
    onResponseEnd: () => pending.end(),
    onResponseError: (_, error) => pending.fail(error),
  };
}
