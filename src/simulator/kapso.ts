import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../clock.ts';
import { createCounters } from './counters.ts';
import { type Answer, BadRequest, closeServer, listen, notSimulated, type Request, readRequest, send } from './http.ts';
import { openJournal } from './journal.ts';
import { asObject, isObject } from './json.ts';
import { handleKapsoControl, type RequestRecord, type SentText, sentText } from './kapso-control.ts';
import { kapsoError, unknownObject } from './kapso-errors.ts';
import { createFaults, type RequestKind } from './kapso-faults.ts';
import { listMessages, selectFields } from './kapso-list.ts';
import { createMailbox, type NewMessage, type StoredMessage } from './kapso-mailbox.ts';
import { postMessage, type ReadMark } from './kapso-send.ts';
import { defaultKapsoSettings, type KapsoSettings } from './kapso-settings.ts';
import { createWebhooks } from './kapso-webhooks.ts';
import { createRateLimit } from './rate-limit.ts';

export interface KapsoOptions {
  /** 0 for any free port. */
  port?: number;
  host?: string;
  /** The file for messages, read marks and webhooks. Without it they live in memory. */
  stateFile?: string;
  apiKey?: string;
  phoneNumberId?: string;
  settings?: Partial<KapsoSettings>;
  /** Multiplies the documented delays of webhook retries, so that a test need not wait for minutes. */
  webhookScale?: number;
  clock?: Clock;
}

export interface KapsoSimulator {
  url: string;
  port: number;
  apiKey: string;
  phoneNumberId: string;
  /** The sent texts, the oldest first. */
  sent(): SentText[];
  close(): Promise<void>;
}

/** Enough to look back at, and no leak in a long run. */
const keptRequests = 10_000;

/**
 * Starts a Kapso to try the bridge against without an account. It has the message proxy, webhooks with their
 * deliveries, and under `/__sim/` an interface to play the customer and inject faults. With `stateFile`, it writes what
 * it accepts to disk before it answers.
 */
export async function startKapsoSimulator(options: KapsoOptions = {}): Promise<KapsoSimulator> {
  const {
    host = '127.0.0.1',
    apiKey = 'sim-api-key',
    phoneNumberId = '647000000000001',
    clock = systemClock,
  } = options;
  const { records, journal } = await openJournal(options.stateFile);
  const settings = { current: { ...defaultKapsoSettings, ...options.settings } };
  const now = () => clock.now() + settings.current.clockOffset;
  const counters = createCounters(clock);
  const faults = createFaults();
  const requests: RequestRecord[] = [];
  const reads: ReadMark[] = [];
  const mailbox = createMailbox({ journal: () => journal, now });
  const scale = options.webhookScale ?? 1;
  const webhooks = createWebhooks({ phoneNumberId, clock, now, scale, journal: () => journal, counters });
  const rateLimit = createRateLimit(now);

  for (const record of records) {
    if (!isObject(record) || mailbox.restore(record) || webhooks.restore(record)) continue;
    if (record.kind === 'read') reads.push(record.mark as ReadMark);
  }
  counters.add('inbound', mailbox.counts().inbound);
  counters.add('sent', mailbox.counts().outbound);
  counters.add('read', reads.length);

  const receive = async (messages: NewMessage[]): Promise<StoredMessage[]> => {
    const added = await mailbox.add(messages);
    for (const { direction, row } of added) {
      counters.add(direction === 'inbound' ? 'inbound' : 'sent');
      webhooks.publish(direction === 'inbound' ? 'whatsapp.message.received' : 'whatsapp.message.sent', row);
    }
    return added;
  };

  const messagesPath = /^\/meta\/whatsapp\/v\d+\.\d+\/([^/]+)\/messages(?:\/([^/]+))?$/;

  const kindOf = (request: Request, body: unknown): RequestKind => {
    const [, , id] = messagesPath.exec(request.path) ?? [];
    if (request.path.startsWith('/platform/')) return 'webhooks';
    if (!messagesPath.test(request.path)) return 'other';
    if (request.method === 'GET') return id === undefined ? 'list' : 'get';
    return asObject(body).status === undefined ? 'send' : 'read';
  };

  const act = async (request: Request, body: unknown): Promise<Answer> => {
    if (request.message.headers['x-api-key'] !== apiKey) return kapsoError(401, 'Invalid or missing API key');
    const [matched, number, id] = messagesPath.exec(request.path) ?? [];
    if (matched === undefined) {
      const { method, path, query } = request;
      return (await webhooks.handle({ method, path, query, body })) ?? notSimulated(request);
    }
    if (number !== phoneNumberId) return kapsoError(404, 'WhatsApp configuration not found');
    if (request.method === 'GET' && id !== undefined) {
      const message = mailbox.find(decodeURIComponent(id));
      if (!message) return unknownObject(decodeURIComponent(id));
      return { status: 200, body: selectFields(message.row, request.query.get('fields'), settings.current.kapsoBlock) };
    }
    if (request.method === 'GET') {
      const url = new URL(request.message.url ?? '/', `http://${request.message.headers.host ?? host}`);
      return listMessages({ mailbox, settings: settings.current, now: now(), url });
    }
    if (request.method !== 'POST' || id !== undefined) return notSimulated(request);
    return postMessage(body, {
      mailbox,
      now: now(),
      phoneNumberId,
      enforceWindow: settings.current.enforceWindow,
      store: async message => void (await receive([message])),
      markRead: async mark => {
        await journal.append({ kind: 'read', mark });
        reads.push(mark);
        counters.add('read');
      },
    });
  };

  const late = new Set<() => void>();
  const later = (ms: number, work: () => Promise<unknown>) => {
    const cancel = clock.after(ms, () => {
      late.delete(cancel);
      void work();
    });
    late.add(cancel);
  };

  const serve = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = readRequest(message);
    response.setHeader('Date', new Date(now()).toUTCString());
    if (request.path.startsWith('/__sim/')) {
      const control = { mailbox, faults, webhooks, counters, reads, requests, phoneNumberId, settings, now, receive };
      return send(response, await handleKapsoControl(request, control));
    }
    const body = request.method === 'POST' || request.method === 'PATCH' ? await request.json() : null;
    const kind = kindOf(request, body);
    const record: RequestRecord = {
      kind,
      method: request.method,
      path: request.path,
      query: Object.fromEntries(request.query),
      headers: Object.keys(message.headers),
      status: null,
      at: now(),
    };
    requests.push(record);
    if (requests.length > keptRequests) requests.shift();
    const answer = (reply: Answer) => {
      record.status = reply.status;
      send(response, reply);
    };
    const count = () => {
      counters.add('requests');
      // A read mark is counted when it is made, whatever happens to the answer.
      if (kind !== 'read') counters.add(kind);
    };

    const fault = faults.take({ kind, method: request.method, path: request.path });
    if (fault && fault.delay > 0) await new Promise<void>(resolve => clock.after(fault.delay, resolve));
    if (fault?.actAfter === 0) await act(request, body);
    else if (fault && fault.actAfter !== null) later(fault.actAfter, () => act(request, body));
    const limit = rateLimit.take(settings.current.rateLimit);
    for (const [name, value] of Object.entries(limit.headers)) response.setHeader(name, value);
    switch (fault?.action.do) {
      case 'reset':
        message.socket.resetAndDestroy();
        return count();
      case 'hang':
        return count();
      case 'answer':
        answer(fault.action);
        return count();
      case 'drop-after-commit':
        await act(request, body);
        message.socket.resetAndDestroy();
        return count();
      case 'pass':
        for (const [name, value] of Object.entries(fault.action.headers)) response.setHeader(name, value);
        answer(limit.refusal ?? (await act(request, body)));
        return count();
      default:
        answer(limit.refusal ?? (await act(request, body)));
        return count();
    }
  };

  const { server, port } = await listen({ host, port: options.port ?? 0 }, (message, response) => {
    serve(message, response).catch((error: unknown) => {
      if (response.headersSent) return void message.destroy();
      const bad = error instanceof BadRequest;
      const text = error instanceof Error ? error.message : String(error);
      send(response, kapsoError(bad ? 400 : 500, bad ? 'Bad Request' : 'Internal Server Error', text));
    });
  });

  return {
    url: `http://${host}:${port}`,
    port,
    apiKey,
    phoneNumberId,
    sent: () => mailbox.sent().map(sentText),
    close: async () => {
      webhooks.close();
      for (const cancel of late) cancel();
      await closeServer(server);
      await journal.close();
    },
  };
}
