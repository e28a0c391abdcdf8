import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { Clock } from '../clock.ts';
import { version } from '../version.ts';
import { attachmentLimits } from './gateway-attachments.ts';
import type { ConnectResult, Granted } from './gateway-connect.ts';
import { type GatewayFault, type GatewayFaults, reshaped } from './gateway-faults.ts';
import { type FrameError, invalid, type Reply, refused } from './gateway-frames.ts';
import { type Called, methodNames } from './gateway-methods.ts';
import { isObject, type JsonObject } from './json.ts';

export interface SocketDeps {
  clock: Clock;
  bootId: string;
  tickInterval: number;
  /** Milliseconds from the opening to `hello-ok`. */
  handshakeTimeout: number;
  starting: () => boolean;
  faults: GatewayFaults;
  connect: (params: unknown, nonce: string) => Promise<ConnectResult>;
  call: (call: { method: string; params: unknown; scopes: readonly string[] }) => Promise<Called>;
  onMethod: (method: string) => void;
  onDefect: (error: unknown) => void;
}

/** One client connection, from its challenge to its end. */
export interface ClientSocket {
  /** Sends an event if the client may see it. */
  emit(event: string, payload: JsonObject): void;
  close(code: number, reason: string): void;
  /** Breaks the connection without a closing handshake (1006 on the other side). */
  drop(): void;
}

/** The gateway's limits in bytes before and after `hello-ok`. */
export const maxPayload = 26_214_400;
const maxFirstFrame = 64 * 1024;
const maxBufferedBytes = 52_428_800;
/** Events that only holders of `operator.read` get. */
const sessionEvents = ['agent', 'chat'];

export function serveSocket(socket: WebSocket, deps: SocketDeps): ClientSocket {
  const nonce = randomUUID();
  const { frame, emit, respond, close, refuse } = createWriter(socket);
  let granted: Granted | null = null;
  let connecting = false;
  let cancelTick = () => {};

  const tick = () => {
    cancelTick = deps.clock.after(deps.tickInterval, () => {
      emit('tick', { ts: deps.clock.now() });
      tick();
    });
  };

  const hello = (id: string, access: Granted, fault: GatewayFault | null) => {
    granted = access;
    cancelHandshake();
    respond(id, reshaped({ ok: true, payload: helloOk(access, deps) }, fault));
    tick();
  };

  const connect = async (id: string, params: unknown) => {
    if (deps.starting()) return refuse(id, stillStarting, 1013, 'gateway starting');
    const fault = deps.faults.take('connect');
    if (fault?.do === 'error') return refuse(id, fault.error, 1008);
    const result = await deps.connect(params, nonce);
    if ('granted' in result) hello(id, result.granted, fault);
    else refuse(id, result.refusal, result.close);
  };

  const call = async (id: string, method: string, params: unknown, scopes: readonly string[]) => {
    deps.onMethod(method);
    const fault = deps.faults.take(method);
    if (fault?.do === 'drop') return socket.terminate();
    if (fault?.do === 'error') return respond(id, { ok: false, error: fault.error });
    if (fault?.do === 'hang') return;
    const { first, second } = await deps.call({ method, params, scopes });
    if (fault?.do === 'drop-after') return socket.terminate();
    respond(id, reshaped(first, fault));
    if (second) respond(id, await second);
  };

  const receive = async (text: string) => {
    const request = parse(text);
    if (granted) {
      if (request !== 'not json' && request !== null)
        return call(request.id, request.method, request.params, granted.scopes);
      return respond('unknown', refused('INVALID_REQUEST', 'invalid request frame'));
    }
    if (text.length > maxFirstFrame) return close(1009, 'frame too large before hello-ok');
    if (request === 'not json') return close(1000, '');
    if (connecting) return;
    connecting = true;
    if (request?.method === 'connect') return connect(request.id, request.params);
    const reply = invalid('invalid handshake: first request must be connect');
    return refuse(request?.id ?? 'unknown', reply.ok ? { code: '', message: '' } : reply.error, 1008);
  };

  const cancelHandshake = deps.clock.after(deps.handshakeTimeout, () => close(1000, ''));
  socket.on('message', data => void receive(String(data)).catch(deps.onDefect));
  socket.on('close', () => {
    cancelHandshake();
    cancelTick();
  });
  // A bad frame of the client only ends its connection, with the code that `ws` sends.
  socket.on('error', () => {});
  frame({ type: 'event', event: 'connect.challenge', payload: { nonce, ts: deps.clock.now(), capabilities: [] } });

  return {
    emit: (event, payload) => {
      if (granted && (!sessionEvents.includes(event) || granted.scopes.includes('operator.read'))) emit(event, payload);
    },
    close,
    drop: () => socket.terminate(),
  };
}

const stillStarting: FrameError = {
  code: 'UNAVAILABLE',
  message: 'gateway starting; retry shortly',
  retryable: true,
  retryAfterMs: 500,
  details: { reason: 'startup-sidecars' },
};

/** Writes the frames of one connection. */
function createWriter(socket: WebSocket) {
  let seq = 0;
  const frame = (value: object) => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(value));
  };
  const respond = (id: string, reply: Reply) => frame({ type: 'res', id, ...reply });
  // A close frame carries at most 123 bytes of reason.
  const close = (code: number, reason: string) => socket.close(code, reason.slice(0, 120));
  return {
    frame,
    respond,
    close,
    emit: (event: string, payload: JsonObject) => {
      seq += 1;
      frame({ type: 'event', event, payload, seq });
    },
    refuse: (id: string, error: FrameError, code: number, reason = error.message) => {
      respond(id, { ok: false, error });
      close(code, reason);
    },
  };
}

interface RequestFrame {
  id: string;
  method: string;
  params: unknown;
}

function parse(text: string): RequestFrame | 'not json' | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'not json';
  }
  if (!isObject(value) || value.type !== 'req') return null;
  const { id, method, params } = value;
  return typeof id === 'string' && id !== '' && typeof method === 'string' ? { id, method, params } : null;
}

function helloOk({ role, scopes, deviceToken }: Granted, { bootId, tickInterval }: SocketDeps): JsonObject {
  return {
    type: 'hello-ok',
    protocol: 4,
    server: { version: `simulator-${version}`, bootId, connId: randomUUID() },
    features: { methods: methodNames, events: ['agent', 'chat', 'tick', 'shutdown'], capabilities: [] },
    snapshot: {
      presence: [],
      health: { ok: true },
      stateVersion: { presence: 0, health: 0 },
      uptimeMs: 0,
      sessionDefaults: {
        defaultAgentId: 'main',
        mainKey: 'main',
        mainSessionKey: 'agent:main:main',
        scope: 'per-sender',
      },
    },
    auth: { role, scopes, ...(deviceToken === null ? {} : { deviceToken }) },
    policy: { maxPayload, maxBufferedBytes, tickIntervalMs: tickInterval, attachments: attachmentLimits },
  };
}
