import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { monotonic } from './measurement.ts';

export interface MinimalGateway {
  url: string;
  /** How often each idempotency key was handed over. */
  runs: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/**
 * The least gateway that the poller needs: it takes every run, which ends in silence at once, so that what is measured is
 * the way to the agent. The simulator would
 * be too slow: it keeps a transcript and the gateway's behaviour, and would be what is measured.
 *
 * @param onRun called with each run's key and the time (`monotonic`) at which its frame arrived
 */
export async function startMinimalGateway(onRun: (key: string, at: number) => void): Promise<MinimalGateway> {
  const runs = new Map<string, number>();
  /** The last run of each session. */
  const last = new Map<unknown, string>();
  const server = createServer();
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });

  const answer = (method: string, params: Record<string, unknown>, at: number): object => {
    switch (method) {
      case 'connect':
        return helloOk;
      case 'agent': {
        const key = String(params.idempotencyKey);
        runs.set(key, (runs.get(key) ?? 0) + 1);
        last.set(params.sessionKey, key);
        onRun(key, at);
        return { runId: key, status: 'accepted' };
      }
      case 'agent.wait':
        return { runId: params.runId, status: 'ok', terminalReply: { disposition: 'silent' } };
      case 'chat.history':
        // The record shows the input, and keeps the silence to itself.
        return { messages: inputOf(last.get(params.sessionKey)), totalMessages: 2, sessionInfo: {} };
      default:
        throw new Error(`the minimal gateway does not know ${method}`);
    }
  };

  sockets.on('connection', (socket: WebSocket) => {
    socket.send(JSON.stringify({ type: 'event', event: 'connect.challenge', payload: { nonce: 'n', ts: Date.now() } }));
    socket.on('message', data => {
      const at = monotonic();
      const { id, method, params } = JSON.parse(String(data)) as Request;
      socket.send(JSON.stringify({ type: 'res', id, ok: true, payload: answer(method, params ?? {}, at) }));
    });
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    runs,
    close: async () => {
      for (const socket of sockets.clients) socket.terminate();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

function inputOf(key: string | undefined): object[] {
  return key === undefined
    ? []
    : [{ role: 'user', content: '', idempotencyKey: `${key}:user`, __openclaw: { seq: 1 } }];
}

interface Request {
  id: string;
  method: string;
  params?: Record<string, unknown>;
}

const helloOk = {
  type: 'hello-ok',
  protocol: 4,
  server: { version: 'minimal', bootId: 'minimal', connId: 'minimal' },
  features: { methods: ['agent', 'agent.wait', 'chat.history'], events: [], capabilities: [] },
  snapshot: { presence: [], health: {}, stateVersion: { presence: 0, health: 0 }, uptimeMs: 0 },
  auth: { role: 'operator', scopes: ['operator.read', 'operator.write'] },
  policy: { maxPayload: 26_214_400, maxBufferedBytes: 52_428_800, tickIntervalMs: 30_000 },
};
