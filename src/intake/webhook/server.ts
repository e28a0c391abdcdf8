import { createServer, type Server as HttpServer } from 'node:http';
import { Server } from 'node:net';
import type { Clock } from '../../clock.ts';
import { formatListenAddress, type ListenAddress } from '../../config/listen-address.ts';
import { wrongWebhookPath } from '../../config/webhook-path.ts';
import { KapsoWhatsappError } from '../../errors.ts';
import { type ConnectionLimit, createConnectionLimit } from '../../listener/connections.ts';
import { type ListenTarget, listen } from '../../listener/listen.ts';
import { listeners } from '../../listener/listeners.ts';
import { createEvents, type Emit } from '../../observe/events.ts';
import { createBodyReader } from './body.ts';
import { createDeliveryHandler } from './delivery.ts';
import type { WebhookRecipient } from './recipients.ts';
import { createRoutes } from './routes.ts';
import { createSignatureCheck, type SignatureCheck } from './signature.ts';
import { createWebhookStats, type WebhookStats } from './stats.ts';

export interface WebhookLimits {
  /** Milliseconds from the first byte of a request, or the opening of the connection, to the end of its headers. */
  headersTimeout: number;
  /** Milliseconds to the end of its body. */
  requestTimeout: number;
  /** Milliseconds between checks of both limits. They can be late by at most this. */
  timeoutCheckInterval: number;
  /** Milliseconds that a connection may wait for its next request. */
  keepAliveTimeout: number;
  /** Open connections. One more replaces the one that has been silent for the longest. */
  connections: number;
  /** Bytes of bodies in memory that are being received or stored. */
  heldBytes: number;
}

/**
 * The two time limits together close a body of one byte per five seconds within 13 s. Connections are kept for longer
 * than nginx keeps them (60 s). So nginx never sends a delivery into one that is being closed.
 */
export const defaultWebhookLimits: WebhookLimits = {
  headersTimeout: 8_000,
  requestTimeout: 10_000,
  timeoutCheckInterval: 3_000,
  keepAliveTimeout: 75_000,
  connections: 4_096,
  heldBytes: 32 * 1024 * 1024,
};

/** One of our numbers, with its own signing secrets. */
export interface WebhookNumber extends Omit<WebhookRecipient, 'verify'> {
  /** A delivery for it must be signed with one of these. An empty list accepts unsigned deliveries. */
  secrets: readonly string[];
  /** Called while there is no secret: one may be made while the server runs. A found secret is kept. */
  findSecrets?: (() => readonly string[]) | undefined;
  emit: Emit;
}

export interface WebhookServerDeps {
  listen: ListenTarget;
  /** The webhook's path, for example `/webhook`. */
  path: string;
  /** For Meta's challenge. Null answers every challenge with 403. */
  verifyToken: string | null;
  /** Our numbers: at least one. */
  numbers: readonly WebhookNumber[];
  /** Refuses to start while a number is without a secret. */
  requireSignature: boolean;
  maxBodyBytes: number;
  limits?: Partial<WebhookLimits>;
  /** Returns why nothing can be stored at present, as a sentence, or null. */
  ready: () => string | null;
  /** Called after an answer of 400 or more: the statistics have changed. */
  onRefused?: () => void;
  clock: Clock;
  emit: Emit;
}

export interface WebhookServer {
  /**
   * Resolves when connections are accepted.
   *
   * @throws KapsoWhatsappError `LISTEN_ADDRESS_UNAVAILABLE`, `LISTEN_FAILED`, `WEBHOOK_SECRET_MISSING`
   */
  start(): Promise<{ address: ListenAddress }>;
  stats(): WebhookStats;
  /** Accepts no more connections. Requests under way have `grace` milliseconds to end. Then the rest is closed. */
  close(grace: number): Promise<void>;
}

/** Milliseconds that a connection opened during the close has to send its request. */
const firstRequestGrace = 500;

/**
 * Creates the HTTP server that Kapso delivers to (Kapso webhooks, "Delivery": 200 within 10 s, anything else is sent
 * again).
 *
 * A delivery is answered 200 only after `accept` has resolved, and 503 when it rejects. A delivery that is only
 * unwanted is answered 200 and counted: Kapso switches off a webhook that keeps failing. The signature is checked over
 * the bytes as received, before they are parsed.
 *
 * @throws KapsoWhatsappError `WEBHOOK_SECRET_EMPTY`, `WEBHOOK_PATH_INVALID`
 */
export function createWebhookServer(deps: WebhookServerDeps): WebhookServer {
  const { path, clock } = deps;
  checkPath(path);
  const limits = { ...defaultWebhookLimits, ...deps.limits };
  const connections = createConnectionLimit(limits.connections);
  const stats = createWebhookStats();
  const emit = createEvents([stats.heard, deps.emit]);
  const verifiers = deps.numbers.map(number => createVerifier(number));
  const recipients = deps.numbers.map(
    (number, at): WebhookRecipient => ({
      ...number,
      verify: () => verifiers[at]?.current() ?? null,
    }),
  );
  const isSigned = () => verifiers.every(verifier => verifier.current() !== null);
  const bodies = createBodyReader({ maxBytes: deps.maxBodyBytes, maxHeldBytes: limits.heldBytes });
  let closing: Promise<void> | null = null;
  const route = createRoutes({
    ...deps,
    deliver: createDeliveryHandler({ ...deps, recipients, bodies, connections, stats, emit }),
    unhealthy: () => (closing ? 'the server is closing' : deps.ready()),
    connections,
    stats,
    emit,
  });

  const server = createServer({
    headersTimeout: limits.headersTimeout,
    requestTimeout: limits.requestTimeout,
    connectionsCheckingInterval: limits.timeoutCheckInterval,
    keepAliveTimeout: limits.keepAliveTimeout,
    noDelay: true,
  });
  server.on('connection', connections.opened);
  server.on('request', route);
  server.on('checkContinue', (request, response) => route(request, response, true));

  return {
    start: async () => {
      if (deps.requireSignature && !isSigned()) {
        throw new KapsoWhatsappError('WEBHOOK_SECRET_MISSING', 'webhook.requireSignature is set, but no secret is', {
          hint:
            'set webhook.secret (KAPSO_WEBHOOK_SECRET) to the secret of the webhook in Kapso, or run ' +
            'kapso-whatsapp-cli webhook register to have one made',
        });
      }
      const address = await listen(server, deps.listen, listeners.webhook);
      const where = { address: formatListenAddress(address), path };
      emit({ type: 'webhook listening', ...where });
      for (const verifier of verifiers) verifier.listening(where);
      return { address };
    },
    stats: () => ({
      ...stats.read(),
      signed: isSigned(),
      connections: connections.count(),
      connectionsEvicted: connections.evicted(),
    }),
    close: grace => {
      closing ??= closeServer(server, connections, clock, grace);
      return closing;
    },
  };
}

function checkPath(path: string): void {
  const wrong = wrongWebhookPath(path);
  if (wrong === null) return;
  throw new KapsoWhatsappError('WEBHOOK_PATH_INVALID', `the webhook path ${JSON.stringify(path)} ${wrong}`, {
    hint: 'set webhook.path to another, for example /webhook',
  });
}

/** The signature check of a number's present secrets. A secret that `findSecrets` finds is kept. */
function createVerifier({ secrets, findSecrets, emit }: Pick<WebhookNumber, 'secrets' | 'findSecrets' | 'emit'>) {
  let check = secrets.length > 0 ? createSignatureCheck(secrets) : null;
  let listening = false;

  /** Returns null while deliveries need no signature. */
  function current(): SignatureCheck | null {
    const found = check === null ? (findSecrets?.() ?? []) : [];
    if (found.length > 0) {
      check = createSignatureCheck(found);
      if (listening) emit({ type: 'signing secret found' });
    }
    return check;
  }

  return {
    current,
    /** From here on, a found secret changes what deliveries need. */
    listening(where: { address: string; path: string }): void {
      const signed = current() !== null;
      listening = true;
      if (!signed) emit({ type: 'webhook unsigned', ...where });
    },
  };
}

function closeServer(server: HttpServer, connections: ConnectionLimit, clock: Clock, grace: number): Promise<void> {
  return new Promise<void>(resolve => {
    const cancel = clock.after(grace, () => server.closeAllConnections());
    const cancelFresh = clock.after(Math.min(grace, firstRequestGrace), connections.expire);
    // Not the HTTP server's own close: since Node.js 26 it also ends connections that have not sent their first request yet.
    Server.prototype.close.call(server, () => {
      cancel();
      cancelFresh();
      resolve();
    });
    connections.drain();
  });
}
