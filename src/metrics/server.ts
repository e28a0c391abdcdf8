import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';
import type { ListenAddress } from '../config/listen-address.ts';
import { readTarget } from '../config/webhook-path.ts';
import { answer, rejectEarly } from '../listener/answer.ts';
import { createConnectionLimit } from '../listener/connections.ts';
import { type ListenTarget, listen } from '../listener/listen.ts';
import { listeners } from '../listener/listeners.ts';
import type { Health, Readiness } from './readiness.ts';

/** Who asks are a few programs of the operator; more, or slower ones, must not cost the messages anything. */
export interface ServerLimits {
  /** Milliseconds to the end of a request's head, and of the whole request. */
  headersTimeout: number;
  requestTimeout: number;
  /** Milliseconds between checks of both. */
  timeoutCheckInterval: number;
  /** Milliseconds that a connection may wait for its next request: longer than the usual minute between two scrapes. */
  keepAliveTimeout: number;
  /** Milliseconds without a byte in either direction during a request. */
  idleTimeout: number;
  /** Open connections. One more replaces the one that has been silent for the longest. */
  connections: number;
  /** Bytes of a request's head. */
  maxHeaderSize: number;
}

export const defaultServerLimits: ServerLimits = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  timeoutCheckInterval: 2_000,
  keepAliveTimeout: 75_000,
  idleTimeout: 15_000,
  connections: 64,
  maxHeaderSize: 8 * 1024,
};

export interface ServerDeps {
  listen: ListenTarget;
  live: () => Promise<Health>;
  ready: () => Promise<Readiness>;
  /** Resolves to the text for Prometheus. */
  metrics: () => Promise<{ body: Buffer; type: string }>;
  /** Called with what went wrong inside. */
  onError: (error: unknown) => void;
  limits?: Partial<ServerLimits>;
  clock: Clock;
}

export interface MetricsServer {
  /**
   * Resolves when connections are accepted.
   *
   * @throws KapsoWhatsappError `LISTEN_ADDRESS_UNAVAILABLE`, `LISTEN_FAILED`
   */
  start(): Promise<ListenAddress>;
  /** Accepts no more connections. Requests under way have `grace` milliseconds to end. */
  close(grace: number): Promise<void>;
}

/**
 * Serves `/live`, `/ready` and `/metrics`. It only reads, and nothing of a request is in an answer. It asks for no
 * password and does not look at `Host`: a page in a browser on the same machine that gets its own name to lead here could
 * read the same numbers as anybody else on that machine, and nothing more.
 */
export function createMetricsServer(deps: ServerDeps): MetricsServer {
  const limits = { ...defaultServerLimits, ...deps.limits };
  const { clock, onError } = deps;
  const connections = createConnectionLimit(limits.connections);

  const pages = new Map<string, (response: ServerResponse) => Promise<void>>([
    [
      '/live',
      async response => {
        const failing = await deps.live();
        const isLive = failing === 'ok';
        answer(response, isLive ? 200 : 503, isLive ? { status: 'ok' } : { status: 'failing', failing }, safe);
      },
    ],
    [
      '/ready',
      async response => {
        const { ready, ...parts } = await deps.ready();
        answer(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', ...parts }, safe);
      },
    ],
    [
      '/metrics',
      async response => {
        const { body, type } = await deps.metrics();
        response.writeHead(200, { ...safe, 'content-type': type, 'content-length': body.length });
        response.end(body);
      },
    ],
  ]);

  function route(request: IncomingMessage, response: ServerResponse) {
    connections.began(request.socket, response);
    response.once('close', () => connections.ended(request.socket, response));
    const { method, url = '', headers } = request;
    const page = pages.get(readTarget(url).path);
    const hasBody = 'transfer-encoding' in headers || Number(headers['content-length'] ?? 0) > 0;
    const refuse = (status: number, error: string, more = {}) =>
      rejectEarly(request, response, clock, status, { error }, { ...safe, ...more });
    if (page === undefined) return refuse(404, 'there are /live, /ready and /metrics here');
    if (method !== 'GET' && method !== 'HEAD')
      return refuse(405, 'only GET and HEAD are served', { allow: 'GET, HEAD' });
    if (hasBody) return refuse(413, 'a request here has no body');
    connections.received(request.socket, response);
    page(response).catch(error => {
      onError(error);
      if (!response.headersSent) answer(response, 500, { error: 'it could not be read; the log says why' }, safe);
    });
  }

  const server = createServer({ ...limits, connectionsCheckingInterval: limits.timeoutCheckInterval, noDelay: true });
  server.timeout = limits.idleTimeout;
  server.on('connection', connections.opened);
  server.on('request', route);
  server.on('checkContinue', route);

  return {
    start: () => listen(server, deps.listen, listeners.metrics),
    close: grace =>
      new Promise(resolve => {
        const cancel = clock.after(grace, () => server.closeAllConnections());
        server.close(() => {
          cancel();
          resolve();
        });
        connections.drain();
        connections.expire();
      }),
  };
}

/** No page of another origin may read an answer, and nobody keeps it. */
const safe = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
};
