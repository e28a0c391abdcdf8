import { WebSocket } from 'ws';

type Json = Record<string, unknown>;

export interface Frame extends Json {
  type: string;
  id?: string;
  ok?: boolean;
  event?: string;
  /** It may be anything: tests look into it. */
  payload?: ReturnType<typeof JSON.parse>;
  error?: { code: string; message: string; details?: Json; retryable?: boolean; retryAfterMs?: number };
}

export interface SocketClient {
  socket: WebSocket;
  /** Resolves to the next frame that fits, an earlier one included. Each frame is given once. */
  next(fits: (frame: Frame) => boolean): Promise<Frame>;
  event(name: string): Promise<Frame>;
  /** Sends a request and resolves to its first response. */
  request(method: string, params?: unknown, id?: string): Promise<Frame>;
  response(id: string): Promise<Frame>;
  closed: Promise<{ code: number; reason: string }>;
  close(): void;
}

export const connectParams = {
  minProtocol: 4,
  maxProtocol: 4,
  client: { id: 'gateway-client', version: '1.0.0', platform: 'linux', mode: 'backend' },
  role: 'operator',
  scopes: ['operator.read', 'operator.write'],
  auth: { token: 'secret' },
};

/** A WebSocket that speaks only the gateway's frames. The test decides what to send, right or wrong. */
export function openSocket(url: string, options: { headers?: Record<string, string> } = {}): SocketClient {
  const socket = new WebSocket(url, options);
  const frames: Frame[] = [];
  const waiting = new Set<{ fits: (frame: Frame) => boolean; resolve: (frame: Frame) => void }>();
  const closed = Promise.withResolvers<{ code: number; reason: string }>();
  let sent = 0;
  socket.on('message', data => {
    const frame = JSON.parse(String(data)) as Frame;
    for (const waiter of waiting) {
      if (!waiter.fits(frame)) continue;
      waiting.delete(waiter);
      return waiter.resolve(frame);
    }
    frames.push(frame);
  });
  socket.on('error', () => {});
  socket.on('close', (code, reason) => closed.resolve({ code, reason: String(reason) }));

  const next = (fits: (frame: Frame) => boolean) => {
    const index = frames.findIndex(fits);
    const [frame] = index === -1 ? [] : frames.splice(index, 1);
    if (frame) return Promise.resolve(frame);
    return new Promise<Frame>(resolve => waiting.add({ fits, resolve }));
  };
  const response = (id: string) => next(frame => frame.type === 'res' && frame.id === id);
  return {
    socket,
    next,
    event: name => next(frame => frame.type === 'event' && frame.event === name),
    response,
    request: (method, params = {}, id) => {
      sent += 1;
      const key = id ?? `r${sent}`;
      socket.send(JSON.stringify({ type: 'req', id: key, method, params }));
      return response(key);
    },
    closed: closed.promise,
    close: () => socket.close(),
  };
}

/** A client that is connected. */
export async function connectSocket(url: string, params: object = connectParams): Promise<SocketClient> {
  const client = openSocket(url);
  await client.event('connect.challenge');
  const hello = await client.request('connect', params);
  if (!hello.ok) throw new Error(`refused: ${JSON.stringify(hello.error)}`);
  return client;
}
