import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../clock.ts';
import { healthPath, isServed, readTarget } from '../../config/webhook-path.ts';
import { answer, rejectEarly } from '../../listener/answer.ts';
import type { ConnectionLimit } from '../../listener/connections.ts';
import type { Emit } from '../../observe/events.ts';
import type { DeliveryHandler } from './delivery.ts';
import type { WebhookStatsRecorder } from './stats.ts';
import { createVerification } from './verification.ts';

export interface RoutesDeps {
  /** The webhook's path. */
  path: string;
  deliver: DeliveryHandler;
  /** For Meta's challenge. Null answers every challenge with 403. */
  verifyToken: string | null;
  /** Returns why deliveries cannot be taken at present, as a sentence, or null. */
  unhealthy: () => string | null;
  connections: ConnectionLimit;
  stats: WebhookStatsRecorder;
  /** Called after an answer of 400 or more. */
  onRefused?: (() => void) | undefined;
  clock: Clock;
  emit: Emit;
}

/** Characters of an unserved path that the log shows. */
const shownPath = 100;

/** Answers every request to the server: deliveries, Meta's challenge, the health check, and unserved paths. */
export function createRoutes(
  deps: RoutesDeps,
): (request: IncomingMessage, response: ServerResponse, expectsContinue?: boolean) => void {
  const { path, connections, stats, clock, emit } = deps;
  const verification = createVerification(deps.verifyToken);

  /** Refuses a request that is no delivery. It should have no body; if one is on its way, the connection is closed. */
  function refuse(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    error: string,
    headers: Record<string, string> = {},
  ): void {
    const hasBody = 'transfer-encoding' in request.headers || Number(request.headers['content-length'] ?? 0) > 0;
    if (hasBody) rejectEarly(request, response, clock, status, { error }, headers);
    else answer(response, status, { error }, headers);
  }

  function refuseMethod(request: IncomingMessage, response: ServerResponse, allow: string): void {
    emit({ type: 'method refused', method: request.method, allow });
    refuse(request, response, 405, `${request.method} is not served here`, { allow });
  }

  function refusePath(request: IncomingMessage, response: ServerResponse, asked: string): void {
    emit({ type: 'path refused', method: request.method, path: asked.slice(0, shownPath), served: path });
    refuse(request, response, 404, 'there is nothing at this path');
  }

  function verify(request: IncomingMessage, response: ServerResponse, query: string) {
    const verified = verification(new URLSearchParams(query));
    if ('refused' in verified) {
      emit({ type: 'verification refused', reason: verified.refused });
      return refuse(request, response, 403, 'the verify token is wrong or missing');
    }
    response.writeHead(200, {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': Buffer.byteLength(verified.challenge),
      'x-content-type-options': 'nosniff',
    });
    response.end(verified.challenge);
  }

  function health(request: IncomingMessage, response: ServerResponse) {
    const reason = deps.unhealthy();
    if (reason !== null) return refuse(request, response, 503, reason);
    answer(response, 200, { status: 'ok' }, { 'cache-control': 'no-store' });
  }

  return function route(request, response, expectsContinue = false) {
    connections.began(request.socket, response);
    response.once('close', () => {
      stats.answered(response.statusCode);
      connections.ended(request.socket, response);
      if (response.statusCode >= 400) deps.onRefused?.();
    });
    const { method } = request;
    const target = readTarget(request.url ?? '');
    const reads = method === 'GET' || method === 'HEAD';
    if (isServed(target.path, path)) {
      if (method === 'POST') return deps.deliver(request, response, expectsContinue);
      if (reads) return verify(request, response, target.query);
      return refuseMethod(request, response, 'GET, HEAD, POST');
    }
    if (!isServed(target.path, healthPath)) return refusePath(request, response, target.path);
    if (reads) return health(request, response);
    refuseMethod(request, response, 'GET, HEAD');
  };
}
