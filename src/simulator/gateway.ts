import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { type Clock, systemClock } from '../clock.ts';
import { createCounters } from './counters.ts';
import { type Agent, type Cli, createEchoAgent } from './echo-agent.ts';
import { decideConnect } from './gateway-connect.ts';
import { handleGatewayControl } from './gateway-control.ts';
import { createDevices } from './gateway-devices.ts';
import { createGatewayFaults } from './gateway-faults.ts';
import { callMethod } from './gateway-methods.ts';
import { createRuns } from './gateway-runs.ts';
import { defaultGatewaySettings, type GatewaySettings } from './gateway-settings.ts';
import { type ClientSocket, maxPayload, serveSocket } from './gateway-socket.ts';
import { BadRequest, closeServer, listen, readRequest, send } from './http.ts';
import { openJournal } from './journal.ts';
import { isObject } from './json.ts';
import { createTranscript, type ModelRun } from './transcript.ts';

export interface GatewayOptions {
  token: string;
  /** 0 for any free port. */
  port?: number;
  host?: string;
  /** The directory for the transcript and paired devices. Without it they live in memory. */
  stateDir?: string;
  /** `none` answers in the run's reply, `cli` by running the CLI. A function is an agent of your own. */
  reply?: 'none' | 'cli' | Agent;
  /** For `reply: 'cli'`. */
  cli?: Cli;
  settings?: Partial<GatewaySettings>;
  /** Milliseconds after the start in which the gateway tells clients to come back later (1013). */
  startup?: number;
  tickInterval?: number;
  handshakeTimeout?: number;
  clock?: Clock;
  /** Called with a defect, e.g. a journal that cannot be written. The default throws it where nobody catches it. */
  onDefect?: (error: unknown) => void;
}

export interface GatewaySimulator {
  /** `ws://…` */
  url: string;
  /** `http://…`, for the control interface. */
  controlUrl: string;
  port: number;
  bootId: string;
  /** Every execution of the model, the oldest first. */
  runs(): readonly ModelRun[];
  /** Does what SIGTERM does: takes nothing more, waits for running runs, then closes (1012). */
  drain(): Promise<void>;
  /** Closes at once (1012). Running runs are cut off. */
  close(): Promise<void>;
  /** Does what SIGKILL does, as a client sees it: every connection breaks (1006). */
  crash(): Promise<void>;
}

/**
 * Starts an agent gateway to try the bridge against: OpenClaw's wire protocol 4, its behaviour at a restart, and an
 * echo agent. The HTTP side of the same port has `/readyz` and the control interface `/__sim/`.
 */
export async function startGatewaySimulator(options: GatewayOptions): Promise<GatewaySimulator> {
  const { host = '127.0.0.1', clock = systemClock } = options;
  const onDefect = options.onDefect ?? throwLater;
  const stateFile = options.stateDir === undefined ? undefined : join(options.stateDir, 'gateway.jsonl');
  const { records, journal } = await openJournal(stateFile);
  const settings = { current: { ...defaultGatewaySettings, ...options.settings, token: options.token } };
  const transcript = createTranscript({ journal: () => journal });
  const devices = createDevices({ journal: () => journal });
  const counters = createCounters(clock);
  const faults = createGatewayFaults();
  const clients = new Set<ClientSocket>();
  const bootId = randomUUID();

  for (const record of records) if (isObject(record) && !transcript.restore(record)) devices.restore(record);
  transcript.restored();
  const ended = transcript.runs().filter(({ status }) => status !== 'running' && status !== 'lost');
  counters.add('runs', ended.length);
  counters.add('started', transcript.runs().length);

  const emit = (event: string, payload: Record<string, unknown>) => {
    for (const client of clients) client.emit(event, payload);
  };
  const runs = createRuns({
    transcript,
    agent: agentOf(options),
    clock,
    counters,
    settings: () => settings.current,
    emit,
    onDefect,
  });

  let starting = (options.startup ?? 0) > 0;
  let draining = false;
  const begin = () => {
    starting = false;
    runs.resume();
  };
  const cancelStartup = starting ? clock.after(options.startup ?? 0, begin) : () => {};
  if (!starting) begin();

  const control = { transcript, devices, faults, counters, clients, settings, ready: () => !starting && !draining };
  const serve = async (message: IncomingMessage, response: ServerResponse) =>
    send(response, await handleGatewayControl(readRequest(message), control));
  const { server, port } = await listen({ host, port: options.port ?? 0 }, (message, response) => {
    serve(message, response).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      send(response, { status: error instanceof BadRequest ? 400 : 500, body: { error: text } });
    });
  });

  const sockets = new WebSocketServer({ noServer: true, maxPayload });
  server.on('upgrade', (message, stream, head) => {
    if (draining) return stream.destroy();
    sockets.handleUpgrade(message, stream, head, socket => {
      const forwarded = Object.keys(message.headers).some(
        name => name === 'forwarded' || name.startsWith('x-forwarded-'),
      );
      const loopback = !forwarded && isLoopback(message.socket.remoteAddress ?? '');
      const origin = message.headers.origin ?? null;
      const client = serveSocket(socket, {
        clock,
        bootId,
        tickInterval: options.tickInterval ?? 30_000,
        handshakeTimeout: options.handshakeTimeout ?? 15_000,
        starting: () => starting,
        faults,
        connect: async (params, nonce) => {
          const { token, requirePairing } = settings.current;
          const deps = { token, devices, now: clock.now(), requirePairing };
          const result = await decideConnect(params, { loopback, origin, nonce }, deps);
          counters.add('granted' in result ? 'connected' : 'refused');
          return result;
        },
        call: request => callMethod(request, { runs, transcript, now: () => clock.now(), draining: () => draining }),
        onMethod: method => counters.add(method),
        onDefect,
      });
      clients.add(client);
      socket.on('close', () => clients.delete(client));
    });
  });

  const end = async (goodbye: (client: ClientSocket) => void) => {
    draining = true;
    cancelStartup();
    runs.abandon();
    const closed = [...sockets.clients].map(socket => new Promise(resolve => socket.once('close', resolve)));
    for (const client of clients) goodbye(client);
    // A client that does not answer the closing handshake must not delay the end.
    const cancel = clock.after(1000, () => {
      for (const socket of sockets.clients) socket.terminate();
    });
    await Promise.all(closed);
    cancel();
    await closeServer(server);
    await journal.close();
  };
  const farewell = (client: ClientSocket) => {
    client.emit('shutdown', { reason: 'gateway stopping' });
    client.close(1012, 'service restart');
  };

  return {
    url: `ws://${host}:${port}`,
    controlUrl: `http://${host}:${port}`,
    port,
    bootId,
    runs: () => transcript.runs(),
    drain: async () => {
      draining = true;
      await runs.drain();
      // The end of the last run goes to the clients in this turn of the event loop.
      await new Promise(resolve => setImmediate(resolve));
      await end(farewell);
    },
    close: () => end(farewell),
    crash: () => end(client => client.drop()),
  };
}

function agentOf({ reply = 'none', cli }: GatewayOptions): Agent {
  if (typeof reply === 'function') return reply;
  if (reply === 'none') return createEchoAgent({ cli: null });
  if (!cli) throw new RangeError("reply: 'cli' needs the command of the CLI");
  return createEchoAgent({ cli });
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
