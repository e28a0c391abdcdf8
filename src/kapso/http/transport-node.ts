import type { Agent, ClientRequest } from 'node:http';
import { waits } from '../../waits.ts';
import { openRequest } from './pending-request.ts';
import { type ClosableTransport, defaultResponseLimit, type Transport } from './transport.ts';

/** Options of `socket.connect`, which `request` passes on. */
const addresses = { autoSelectFamily: true, autoSelectFamilyAttemptTimeout: waits.connect.address };
/** Milliseconds that a connection may wait for its next request: longer than the usual poll interval. */
const idleLimit = 90_000;

/**
 * A transport on Node's own HTTP client. Only the protocol in use is loaded: the command line's single request must
 * start fast, and an idle daemon must be small (undici costs 20 MB of resident memory).
 *
 * @param options.keepAlive         keep connections for the next request; default false: one connection a request
 * @param options.maxResponseBytes  default 16 MiB
 */
export function createNodeTransport(
  options: { keepAlive?: boolean; maxResponseBytes?: number } = {},
): ClosableTransport {
  const { keepAlive = false, maxResponseBytes: limit = defaultResponseLimit } = options;
  const agents = new Map<string, Agent>();
  const underWay = new Set<() => void>();

  /** Not import(): that evaluates Node's lazy exports (fetch, WebSocket), which costs 100 ms and 14 MB on a small machine. */
  const protocolOf = (url: URL) => process.getBuiltinModule(url.protocol === 'https:' ? 'node:https' : 'node:http');

  const agentFor = (url: URL): Agent | false => {
    if (!keepAlive) return false;
    const known = agents.get(url.protocol);
    if (known) return known;
    const agent = new (protocolOf(url).Agent)({ keepAlive, timeout: idleLimit });
    agents.set(url.protocol, agent);
    return agent;
  };

  const transport: Transport = request => {
    const { url, method, body, stream } = request;
    const headers: Record<string, string | number> = { ...request.headers };
    if (body !== undefined) headers['content-length'] = Buffer.byteLength(body);
    if (stream !== undefined) {
      headers['content-length'] = stream.size;
      // A server that refuses early and closes at once resets the connection, and its answer can be lost.
      headers.connection = 'keep-alive';
    }
    let letGo: (() => void) | null = null;
    const pending = openRequest(request, limit, { stop: () => letGo?.() });
    if (request.signal.aborted) return pending.result;

    const ask = (agent: Agent | false): void => {
      let answered = false;
      const outgoing = protocolOf(url).request(url, { method, headers, agent, ...addresses });
      letGo = () => outgoing.destroy();
      const stop = () => pending.fail(new Error('the transport was closed'));
      underWay.add(stop);
      outgoing.once('close', () => underWay.delete(stop));
      outgoing.on('error', error => {
        // A GET can safely be repeated.
        const closedMeanwhile = outgoing.reusedSocket && !answered && isReset(error);
        if (closedMeanwhile && method === 'GET' && !pending.over) ask(false);
        else pending.fail(error);
      });
      const write = () => {
        if (!pending.started()) return;
        if (stream === undefined) outgoing.end(body);
        else sendPieces(pending.pieces(stream), outgoing);
      };
      outgoing.once('socket', socket => {
        // Nothing is written before the connection is open (for https, with its TLS). A kept connection is open already.
        if (outgoing.reusedSocket) write();
        else socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', write);
      });
      outgoing.once('response', response => {
        answered = true;
        pending.head(response.statusCode ?? 0, response.headers);
        response.on('data', (chunk: Buffer) => pending.chunk(chunk));
        response.once('end', () => pending.end());
        response.once('error', error => pending.fail(error));
      });
    };
    if (stream === undefined) ask(agentFor(url));
    else {
      // On a connection of its own, which an early answer ends: that one does not want the rest.
      ask(false);
      const end = () => letGo?.();
      pending.result.then(end, end);
    }
    return pending.result;
  };

  return Object.assign(transport, {
    close: () => {
      for (const stop of underWay) stop();
      for (const agent of agents.values()) agent.destroy();
    },
  });
}

/** Sends the pieces as fast as the other side takes them. What goes wrong is an error of the request. */
function sendPieces(pieces: AsyncIterable<Uint8Array>, outgoing: ClientRequest): void {
  const { pipeline } = process.getBuiltinModule('node:stream');
  pipeline(pieces, outgoing, () => undefined);
}

/**
 * Whether the other side has closed the connection. It may have closed a kept one before the request came (Node.js,
 * HTTP, `request.reusedSocket`). "socket hang up" is an ECONNRESET too.
 */
function isReset(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE';
}
