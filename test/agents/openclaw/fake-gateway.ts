/** A WebSocket server that speaks the part of the gateway's protocol that a test scripts: real sockets, scripted frames. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface Call {
  id: string;
  method: string;
  params: Record<string, unknown>;
  socket: WebSocket;
  /** Those of the whole frame. */
  bytes: number;
  answer(payload: unknown): void;
  fail(error: object): void;
}

export interface FakeGatewayOptions {
  port?: number;
  /** Replaces the ordinary answer to `connect`. */
  onConnect?: (call: Call, attempt: number) => void;
  tickInterval?: number;
  maxPayload?: number;
  /** `policy.attachments`; null for a gateway that says none. */
  attachments?: object | null;
  bootId?: string;
}

export interface FakeGateway {
  readonly url: string;
  readonly port: number;
  /** Every `connect` so far. */
  readonly connects: Call[];
  readonly sockets: Set<WebSocket>;
  /** Sets what a method does. A method without a handler stays unanswered. */
  on(method: string, handler: (call: Call) => void): void;
  /** The next call of a method, or an earlier one that was not taken. */
  next(method: string): Promise<Call>;
  /** Sends an event to every connection. */
  event(name: string, payload?: unknown): void;
  /** Answers `connect` so that the client is connected. */
  hello(call: Call, more?: { scopes?: string[] | undefined; deviceToken?: string; protocol?: number }): void;
  close(): Promise<void>;
}

export async function startFakeGateway(options: FakeGatewayOptions = {}): Promise<FakeGateway> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: options.port ?? 0, maxPayload: 64 * 1024 * 1024 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets = new Set<WebSocket>();
  const connects: Call[] = [];
  const handlers = new Map<string, (call: Call) => void>();
  const unclaimed = new Map<string, Call[]>();
  const claims = new Map<string, ((call: Call) => void)[]>();

  const hello: FakeGateway['hello'] = (call, more = {}) => {
    const scopes = more.scopes ?? ['operator.read', 'operator.write'];
    const issued = more.deviceToken === undefined ? {} : { deviceToken: more.deviceToken };
    call.answer({
      type: 'hello-ok',
      protocol: more.protocol ?? 4,
      server: { version: 'fake', bootId: options.bootId ?? 'boot-1', connId: 'conn' },
      features: { methods: [], events: [] },
      snapshot: {},
      auth: { role: 'operator', scopes, ...issued },
      policy: {
        maxPayload: options.maxPayload ?? 26_214_400,
        maxBufferedBytes: 52_428_800,
        tickIntervalMs: options.tickInterval ?? 30_000,
        ...(options.attachments === null
          ? {}
          : { attachments: options.attachments ?? { maxBytes: 19_464_192, maxImageBytes: 6_291_456 } }),
      },
    });
  };

  const dispatch = (call: Call) => {
    if (call.method === 'connect') {
      connects.push(call);
      if (options.onConnect) options.onConnect(call, connects.length);
      else hello(call);
    } else handlers.get(call.method)?.(call);
    const claim = claims.get(call.method)?.shift();
    if (claim) claim(call);
    else unclaimed.set(call.method, [...(unclaimed.get(call.method) ?? []), call]);
  };

  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    const send = (frame: object) => socket.send(JSON.stringify(frame));
    socket.on('message', data => {
      const { id, method, params } = JSON.parse(data.toString()) as Call;
      dispatch({
        id,
        method,
        params,
        socket,
        bytes: (data as Buffer).length,
        answer: payload => send({ type: 'res', id, ok: true, payload }),
        fail: error => send({ type: 'res', id, ok: false, error }),
      });
    });
    send({ type: 'event', event: 'connect.challenge', payload: { nonce: 'nonce', ts: 1_795_368_623_576 } });
  });

  return {
    url: `ws://127.0.0.1:${port}`,
    port,
    connects,
    sockets,
    hello,
    on(method, handler) {
      handlers.set(method, handler);
    },
    next(method) {
      const waiting = unclaimed.get(method)?.shift();
      if (waiting) return Promise.resolve(waiting);
      return new Promise(resolve => claims.set(method, [...(claims.get(method) ?? []), resolve]));
    },
    event(name, payload = {}) {
      for (const socket of sockets) socket.send(JSON.stringify({ type: 'event', event: name, payload }));
    },
    async close() {
      for (const socket of sockets) socket.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

/** An error as the gateway sends it. */
export function refusal(code: string, detail: string | object, more: object = {}): object {
  const details = typeof detail === 'string' ? { code: detail } : detail;
  return { code, message: `refused: ${JSON.stringify(details)}`, details, ...more };
}
