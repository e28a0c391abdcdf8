import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Server } from 'node:net';
import type { Clock } from '../../clock.ts';
import { formatListenAddress, type ListenAddress } from '../../config/listen-address.ts';
import { healthPath, isServed, readTarget, wrongWebhookPath } from '../../config/webhook-path.ts';
import { KapsoWhatsappError } from '../../errors.ts';
import type { Normalised } from '../../kapso/inbound/normalised.ts';
import type { Log, LogFields } from '../../observe/log.ts';
import { answer, rejectEarly } from './answer.ts';
import { createBodyReader } from './body.ts';
import { createConnectionLimit } from './connections.ts';
import { createDeliveryHandler, type NormaliseWebhook } from './delivery.ts';
import { type ListenTarget, listen } from './listen.ts';
import { createOnceAMinute } from './once-a-minute.ts';
import { createSignatureCheck, type SignatureCheck } from './signature.ts';
import { createWebhookStats, type WebhookStats } from './stats.ts';

export interface WebhookLimits {
  /** From the first byte of a request, or from the opening of the connection, to the end of its headers, milliseconds. */
  headersTimeout: number;
  /** To the end of its body, milliseconds. */
  requestTimeout: number;
  /** How often both are looked at: the most by which they can be late, milliseconds. */
  timeoutCheckInterval: number;
  /** How long a connection may wait for its next request, milliseconds. */
  keepAliveTimeout: number;
  /** Open at once; one more takes the place of the one that has been silent for the longest. */
  connections: number;
  /** Bodies in memory, being received or being stored, bytes. */
  heldBytes: number;
}

/**
 * The two time limits together close a body of one byte per five seconds within 13 s. Connections are kept for longer
 * than nginx keeps them (60 s), so that it never sends a delivery into one that is being closed.
 */
export const defaultWebhookLimits: WebhookLimits = {
  headersTimeout: 8_000,
  requestTimeout: 10_000,
  timeoutCheckInterval: 3_000,
  keepAliveTimeout: 75_000,
  connections: 4_096,
  heldBytes: 32 * 1024 * 1024,
};

export interface WebhookServerDeps {
  listen: ListenTarget;
  /** Path of the webhook, for example `/webhook`. */
  path: string;
  /** For Meta's challenge; null answers every challenge with 403. */
  verifyToken: string | null;
  /** A delivery must be signed with one of these; empty accepts unsigned ones. */
  secrets: readonly string[];
  /** Asked as long as there is none: one may be made while the server runs. What it finds once is kept. */
  findSecrets?: () => readonly string[];
  /** Refuse to start without a secret. */
  requireSignature: boolean;
  maxBodyBytes: number;
  limits?: Partial<WebhookLimits>;
  phoneNumberId: string;
  normalise: NormaliseWebhook;
  /** Takes messages and unreadable items, never skipped ones; resolves after they are on disk. */
  accept: (items: Normalised[]) => Promise<void>;
  /** Why nothing can be stored at present, in a sentence; null when all is well. */
  ready: () => string | null;
  /** Called after a request was answered with 400 or more: the statistics have changed. */
  onRefused?: () => void;
  clock: Clock;
  log: Log;
}

export interface WebhookServer {
  /**
   * Resolves once connections are accepted.
   *
   * @throws KapsoWhatsappError `LISTEN_ADDRESS_UNAVAILABLE`, `LISTEN_FAILED`, `WEBHOOK_SECRET_MISSING`
   */
  start(): Promise<{ address: ListenAddress }>;
  stats(): WebhookStats;
  /** Accepts no more, lets requests under way finish for `grace` milliseconds, then cuts what is left. */
  close(grace: number): Promise<void>;
}

/** Of a path that is not served, characters in the log. */
const shownPath = 100;

/** How long a connection that was opened in the moment of closing may take to bring its request, milliseconds. */
const firstRequestGrace = 500;

/**
 * The HTTP server that Kapso delivers to (Kapso webhooks, "Delivery": 200 within 10 s, anything else is sent again).
 *
 * A delivery is answered 200 only after `accept` has resolved, and 503 when it rejects. What is merely not wanted is
 * answered 200 and counted: Kapso switches off a webhook that keeps failing. The signature is checked over the bytes as
 * received, before they are parsed.
 *
 * @throws KapsoWhatsappError `WEBHOOK_SECRET_EMPTY`, `WEBHOOK_PATH_INVALID`
 */
export function createWebhookServer(deps: WebhookServerDeps): WebhookServer {
  const { path, clock, log } = deps;
  const wrong = wrongWebhookPath(path);
  if (wrong !== null) {
    throw new KapsoWhatsappError('WEBHOOK_PATH_INVALID', `the webhook path ${JSON.stringify(path)} ${wrong}`, {
      hint: 'set webhook.path to another, for example /webhook',
    });
  }
  const limits = { ...defaultWebhookLimits, ...deps.limits };
  const connections = createConnectionLimit(limits.connections);
  const stats = createWebhookStats();
  let verify = deps.secrets.length > 0 ? createSignatureCheck(deps.secrets) : null;
  let listening = false;
  const deliver = createDeliveryHandler({
    ...deps,
    verify: signatureCheck,
    bodies: createBodyReader({ maxBytes: deps.maxBodyBytes, maxHeldBytes: limits.heldBytes }),
    connections,
    stats,
  });
  const isVerifyToken = createTokenCheck(deps.verifyToken);
  const isDue = createOnceAMinute(clock);
  let closing: Promise<void> | null = null;

  const server = createServer({
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    connectionsCheckingInterval: limits.timeoutCheckInterval,
    keepAliveTimeout: limits.keepAliveTimeout,
    noDelay: true,
  });
  server.on('connection', connections.opened);
  server.on('request', (request, response) => route(request, response, false));
  server.on('checkContinue', (request, response) => route(request, response, true));

  /** Null as long as deliveries need no signature. */
  function signatureCheck(): SignatureCheck | null {
    const found = verify === null ? (deps.findSecrets?.() ?? []) : [];
    if (found.length > 0) {
      verify = createSignatureCheck(found);
      if (listening) log.info({}, 'a signing secret was made: from now on webhooks must be signed');
    }
    return verify;
  }

  function route(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) {
    connections.began(request.socket, response);
    response.once('close', () => {
      stats.answered(response.statusCode);
      connections.ended(request.socket, response);
      if (response.statusCode >= 400) deps.onRefused?.();
    });

    const { method = '' } = request;
    const target = readTarget(request.url ?? '');
    const reads = method === 'GET' || method === 'HEAD';
    if (isServed(target.path, path)) {
      if (method === 'POST') return deliver.post(request, response, expectsContinue);
      if (reads) return challenge(request, response, new URLSearchParams(target.query));
      return refuseMethod(request, response, 'GET, HEAD, POST');
    }
    if (isServed(target.path, healthPath)) {
      if (reads) return health(request, response);
      return refuseMethod(request, response, 'GET, HEAD');
    }
    const where = { method, path: target.path.slice(0, shownPath), served: path };
    if (method !== 'POST') note('info', '404', where, 'a request came to a path that is not served');
    else note('warn', 'POST 404', where, `a POST came to a path that is not served: webhooks go to ${path}`);
    refuse(request, response, 404, 'there is nothing at this path');
  }

  function note(level: 'info' | 'warn', kind: string, fields: LogFields, message: string): void {
    if (isDue(kind)) log[level](fields, `${message} (logged once a minute)`);
  }

  function refuseMethod(request: IncomingMessage, response: ServerResponse, allow: string) {
    note('info', '405', { method: request.method }, `a request was refused: only ${allow} are served at its path`);
    refuse(request, response, 405, `${request.method} is not served here`, { allow });
  }

  /** Meta's subscription handshake: the challenge comes back to who knows the verify token. */
  function challenge(request: IncomingMessage, response: ServerResponse, query: URLSearchParams) {
    const wrong = wrongVerification(query);
    if (wrong !== null) {
      note('warn', '403', { reason: wrong }, 'a verification of the webhook was refused');
      return refuse(request, response, 403, 'the verify token is wrong or missing');
    }
    const text = query.get('hub.challenge') ?? '';
    response.writeHead(200, {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      'x-content-type-options': 'nosniff',
    });
    response.end(text);
  }

  /** Why a verification is refused, for the log alone; null when it is right. */
  function wrongVerification(query: URLSearchParams): string | null {
    const token = query.get('hub.verify_token') ?? '';
    if (query.get('hub.mode') !== 'subscribe') return 'hub.mode is missing, or not "subscribe"';
    if (isVerifyToken(token)) return null;
    if (!deps.verifyToken) return 'no webhook.verifyToken is configured (KAPSO_WEBHOOK_VERIFY_TOKEN)';
    if (token === '') return 'hub.verify_token is missing';
    if (isVerifyToken(token.replaceAll(' ', '+'))) {
      return 'a + in the verify token came as a blank: in an address it is written %2B';
    }
    if (isVerifyToken(token.trim())) return 'the verify token has a blank at one of its ends';
    return 'the verify token is wrong: it is not webhook.verifyToken (KAPSO_WEBHOOK_VERIFY_TOKEN)';
  }

  function health(request: IncomingMessage, response: ServerResponse) {
    const reason = closing ? 'the server is closing' : deps.ready();
    if (reason !== null) return refuse(request, response, 503, reason);
    answer(response, 200, { status: 'ok' }, { 'cache-control': 'no-store' });
  }

  /** A request that is not a delivery should have no body: where one is on its way, the connection is given up. */
  function refuse(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    error: string,
    headers: Record<string, string> = {},
  ) {
    const hasBody = 'transfer-encoding' in request.headers || Number(request.headers['content-length'] ?? 0) > 0;
    if (hasBody) return rejectEarly(request, response, clock, status, { error }, headers);
    answer(response, status, { error }, headers);
  }

  return {
    start: async () => {
      if (deps.requireSignature && signatureCheck() === null) {
        throw new KapsoWhatsappError('WEBHOOK_SECRET_MISSING', 'webhook.requireSignature is set, but no secret is', {
          hint: 'set webhook.secret (KAPSO_WEBHOOK_SECRET) to the secret of the webhook in Kapso',
        });
      }
      const address = await listen(server, deps.listen);
      const where = { address: formatListenAddress(address), path };
      log.info(where, 'the webhook server is listening');
      const signed = signatureCheck() !== null;
      listening = true;
      if (!signed) {
        log.warn(
          where,
          'WEBHOOKS ARE NOT SIGNED: whoever reaches this address can write to the agent in any name. ' +
            'Set webhook.secret (KAPSO_WEBHOOK_SECRET) to the secret of the webhook in Kapso.',
        );
      }
      return { address };
    },
    stats: () => ({
      ...stats.read(),
      signed: signatureCheck() !== null,
      connections: connections.count(),
      connectionsEvicted: connections.evicted(),
    }),
    close: grace => {
      closing ??= new Promise<void>(resolve => {
        const cancel = clock.after(grace, () => server.closeAllConnections());
        const cancelFresh = clock.after(Math.min(grace, firstRequestGrace), connections.expire);
        // Not the HTTP server's own close: since Node.js 26 that also ends connections that have not brought their first request yet.
        Server.prototype.close.call(server, () => {
          cancel();
          cancelFresh();
          resolve();
        });
        connections.drain();
      });
      return closing;
    },
  };
}

/** Compares hashes, so that neither the content nor the length of the token shows in the time it takes. */
function createTokenCheck(token: string | null): (candidate: string) => boolean {
  if (token === null || token === '') return () => false;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(token);
  return candidate => timingSafeEqual(digest(candidate), expected);
}
