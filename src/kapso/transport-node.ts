import { openExchange } from './exchange.ts';
import { defaultResponseLimit, type Transport } from './transport.ts';

/**
 * The command line's way to the network: one connection per request, by Node's own client, of which only the protocol
 * in use is loaded, so that a single request starts fast.
 *
 * @param options.maxResponseBytes  default 16 MiB
 */
export function createNodeTransport(options: { maxResponseBytes?: number } = {}): Transport {
  const limit = options.maxResponseBytes ?? defaultResponseLimit;
  return async request => {
    const { url, method, body } = request;
    const secure = url.protocol === 'https:';
    const { request: open } = secure ? await import('node:https') : await import('node:http');

    const headers: Record<string, string | number> = { ...request.headers };
    if (body !== undefined) headers['content-length'] = Buffer.byteLength(body);
    let letGo: (() => void) | null = null;
    const exchange = openExchange(request, limit, () => letGo?.());
    if (request.signal.aborted) return exchange.result;

    const outgoing = open(url, { method, headers, agent: false });
    letGo = () => outgoing.destroy();
    outgoing.on('error', error => exchange.fail(error));
    outgoing.once('socket', socket => {
      // Node holds the bytes back until the connection (for https: with its TLS) stands.
      socket.once(secure ? 'secureConnect' : 'connect', () => exchange.started());
    });
    outgoing.once('response', response => {
      exchange.head(response.statusCode ?? 0, response.headers);
      response.on('data', (chunk: Buffer) => exchange.chunk(chunk));
      response.once('end', () => exchange.end());
      response.once('error', error => exchange.fail(error));
    });
    outgoing.end(body);
    return exchange.result;
  };
}
