import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import {
  createWebhookServer,
  type WebhookNumber,
  type WebhookServer,
  type WebhookServerDeps,
} from '../../../src/intake/webhook/server.ts';
import type { Normalised } from '../../../src/kapso/inbound/normalised.ts';
import { createEventLog } from '../../../src/observe/event-log.ts';
import type { Log } from '../../../src/observe/log.ts';

export const secret = 'synthetic-webhook-secret';

export interface Line {
  level: string;
  fields: object;
  message: string;
}

export interface Harness {
  server: WebhookServer;
  port: number;
  accepted: Normalised[][];
  lines: Line[];
}

const phoneNumberId = '647000000000001';

/** A delivery of text messages as Kapso sends it (v2), of one or in a batch; `-> id` is one that was sent, and not received. */
export function bodyOf(...ids: string[]): string {
  const data = ids.map(given => ({
    message: {
      id: given.replace('-> ', ''),
      timestamp: '1780000001',
      type: 'text',
      from: '15550104477',
      text: { body: 'hello' },
      kapso: { direction: given.startsWith('-> ') ? 'outbound' : 'inbound' },
    },
    phone_number_id: phoneNumberId,
  }));
  const [only] = data;
  return JSON.stringify(only && data.length === 1 ? only : { type: 'whatsapp.message.received', batch: true, data });
}

export function recordingLog(lines: Line[]): Log {
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return log;
}

/** What differs from a server for one number: of the server, or of the number. */
export type ServerOverrides = Partial<WebhookServerDeps & WebhookNumber>;

export async function startWebhookServer(overrides: ServerOverrides = {}): Promise<Harness> {
  const accepted: Normalised[][] = [];
  const lines: Line[] = [];
  const emit = createEventLog(recordingLog(lines), overrides.clock ?? systemClock);
  const number: WebhookNumber = {
    secrets: [secret],
    phoneNumberId,
    kapsoNow: systemClock.now,
    accept: async ({ items }) => {
      accepted.push([...items]);
    },
    emit,
    ...overrides,
  };
  const server = createWebhookServer({
    listen: { host: '127.0.0.1', port: 0 },
    path: '/webhook',
    verifyToken: 'verify-me',
    numbers: [number],
    requireSignature: false,
    maxBodyBytes: 1024 * 1024,
    ready: () => null,
    clock: systemClock,
    emit,
    ...overrides,
  });
  const { address } = await server.start();
  return { server, port: 'port' in address ? address.port : 0, accepted, lines };
}

/** Starts servers for the tests of a file. Servers that a test leaves open are closed after it. */
export function serversOfThisFile(): (overrides?: ServerOverrides) => Promise<Harness & { url: string }> {
  const open: Harness[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map(({ server }) => server.close(0)));
  });
  return async overrides => {
    const harness = await startWebhookServer(overrides);
    open.push(harness);
    return { ...harness, url: `http://127.0.0.1:${harness.port}/webhook` };
  };
}

export function signature(body: string | Buffer, key = secret): string {
  return createHmac('sha256', key).update(body).digest('hex');
}

/** A delivery as Kapso sends it. A header given as undefined is left out. */
export function delivery(body: string | Buffer, headers: Record<string, string | undefined> = {}): RequestInit {
  const all = { 'content-type': 'application/json', 'x-webhook-signature': signature(body), ...headers };
  return {
    method: 'POST',
    body: body as string,
    headers: Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined),
  };
}

/** A raw connection. It keeps what it has received, and waits for more without a timer. */
export interface RawClient {
  socket: Socket;
  received(): string;
  /** Resolves when `pattern` has been received. Rejects when the connection ends before. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves with everything received when the server has closed the connection. */
  closed(): Promise<string>;
}

export async function rawClient(target: number | string): Promise<RawClient> {
  const socket = typeof target === 'number' ? connect(target, '127.0.0.1') : connect(target);
  let text = '';
  let gone = false;
  socket.setEncoding('latin1');
  socket.on('data', chunk => {
    text += chunk;
  });
  // A server may also close by a reset.
  socket.on('error', () => {});
  socket.on('close', () => {
    gone = true;
  });
  await once(socket, 'connect');
  return {
    socket,
    received: () => text,
    until: async pattern => {
      while (!pattern.test(text)) {
        if (gone) throw new Error(`the connection ended after: ${text}`);
        await Promise.race([once(socket, 'data'), once(socket, 'close')]);
      }
      return text;
    },
    closed: async () => {
      if (!gone) await once(socket, 'close');
      return text;
    },
  };
}

export function head(lines: string[]): string {
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** A request as text. With headers of its own it brings its own length. */
export function post(body: string, headers = [`content-length: ${Buffer.byteLength(body)}`], sent = body): string {
  const lines = ['POST /webhook HTTP/1.1', 'host: x', 'content-type: application/json'];
  return head([...lines, `x-webhook-signature: ${signature(body)}`, ...headers]) + sent;
}
