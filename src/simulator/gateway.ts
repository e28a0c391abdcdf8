import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Clock, systemClock } from '../clock.ts';
import { type Admission, createAdmission } from './admission.ts';
import { type Counters, createCounters } from './counters.ts';
import { type Agent, type Cli, createEchoAgent } from './echo-agent.ts';
import { decideConnect } from './gateway-connect.ts';
import { type GatewayControl, handleGatewayControl } from './gateway-control.ts';
import { createDevices, type Devices } from './gateway-devices.ts';
import { createGatewayFaults, type GatewayFaults } from './gateway-faults.ts';
import { callMethod } from './gateway-methods.ts';
import { createRuns, type Runs } from './gateway-runs.ts';
import { defaultGatewaySettings, type GatewaySettings } from './gateway-settings.ts';
import { type ClientSocket, maxPayload, serveSocket } from './gateway-socket.ts';
import { BadRequest, closeServer, listen, readRequest, send } from './http.ts';
import { openJournal } from './journal.ts';
import { isObject } from './json.ts';
import { createTranscript, type ModelRun, type Transcript } from './transcript.ts';

export interface GatewayOptions {
  token: string;
  /** 0 for any free port. */
  port?: number;
  host?: string;
  /** Further names under which it is asked, such as a proxy's for it. */
  names?: readonly string[];
  /** The directory for the transcript and paired devices. Without it they live in memory. */
  stateDir?: string;
  /**
   * `none` answers in the run's reply, `cli` by running the CLI, `in-turn` by one and then the other. A function is an
   * agent of your own.
   */
  reply?: 'none' | 'cli' | 'in-turn' | Agent;
  /** For `cli` and `in-turn`. */
  cli?: Cli;
  /** What requests to the control interface must have. Without it anybody on this machine may use it. */
  controlToken?: string | undefined;
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

  restore(records, { transcript, devices, counters });

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

  const admission = createAdmission({ names: [host, ...(options.names ?? [])], controlToken: options.controlToken });
  const control = { transcript, devices, faults, counters, clients, settings, ready: () => !starting && !draining };
  const address = { host, port: options.port ?? 0 };
  const { server, port } = await listen(address, (message, response) => {
    void serveControl(message, response, { control, admission });
  });

  const sockets = new WebSocketServer({ noServer: true, maxPayload });
  const context = {
    ...{ options, clock, bootId, settings, devices, counters, faults, runs, transcript, clients, onDefect },
    starting: () => starting,
    draining: () => draining,
  };
  server.on('upgrade', (message, stream, head) => {
    if (draining) return stream.destroy();
    sockets.handleUpgrade(message, stream, head, socket => serveClient(message, socket, context));
  });

  const end = async (goodbye: (client: ClientSocket) => void) => {
    draining = true;
    cancelStartup();
    runs.abandon();
    for (const client of clients) goodbye(client);
    await allClosed(sockets, clock);
    await closeServer(server);
    await journal.close();
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

interface ClientContext {
  options: Pick<GatewayOptions, 'tickInterval' | 'handshakeTimeout'>;
  clock: Clock;
  bootId: string;
  settings: { current: GatewaySettings };
  devices: Devices;
  counters: Counters;
  faults: GatewayFaults;
  runs: Runs;
  transcript: Transcript;
  clients: Set<ClientSocket>;
  starting: () => boolean;
  draining: () => boolean;
  onDefect: (error: unknown) => void;
}

function serveClient(message: IncomingMessage, socket: WebSocket, context: ClientContext): void {
  const { options, clock, settings, devices, counters, runs, transcript, clients, draining } = context;
  const client = serveSocket(socket, {
    ...context,
    tickInterval: options.tickInterval ?? 30_000,
    handshakeTimeout: options.handshakeTimeout ?? 15_000,
    connect: async (params, nonce) => {
      const { token, requirePairing } = settings.current;
      const deps = { token, devices, now: clock.now(), requirePairing };
      const result = await decideConnect(params, { ...originOf(message), nonce }, deps);
      counters.add('granted' in result ? 'connected' : 'refused');
      return result;
    },
    call: request =>
      callMethod(request, {
        ...{ runs, transcript, draining, connection: message },
        now: () => clock.now(),
        settings: settings.current,
      }),
    onMethod: method => counters.add(method),
  });
  clients.add(client);
  socket.on('close', () => clients.delete(client));
}

/** Resumes what the previous process left. */
function restore(
  records: readonly unknown[],
  { transcript, devices, counters }: { transcript: Transcript; devices: Devices; counters: Counters },
): void {
  for (const record of records) if (isObject(record) && !transcript.restore(record)) devices.restore(record);
  transcript.restored();
  const ended = transcript.runs().filter(({ status }) => status !== 'running' && status !== 'lost');
  counters.add('runs', ended.length);
  counters.add('started', transcript.runs().length);
}

function farewell(client: ClientSocket): void {
  client.emit('shutdown', { reason: 'gateway stopping' });
  client.close(1012, 'service restart');
}

/** A client that does not answer the closing handshake must not delay the end. */
async function allClosed(sockets: WebSocketServer, clock: Clock): Promise<void> {
  const closed = [...sockets.clients].map(socket => new Promise(resolve => socket.once('close', resolve)));
  const cancel = clock.after(1000, () => {
    for (const socket of sockets.clients) socket.terminate();
  });
  await Promise.all(closed);
  cancel();
}

async function serveControl(
  message: IncomingMessage,
  response: ServerResponse,
  { control, admission }: { control: GatewayControl; admission: Admission },
): Promise<void> {
  try {
    const request = readRequest(message);
    const refusal = admission.refusal({ headers: message.headers, path: request.path });
    send(response, refusal ?? (await handleGatewayControl(request, control)));
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    send(response, { status: error instanceof BadRequest ? 400 : 500, body: { error: text } });
  }
}

/** Where a client comes from. A request that a proxy forwarded is not from this machine. */
function originOf({ headers, socket }: IncomingMessage): { loopback: boolean; origin: string | null } {
  const forwarded = Object.keys(headers).some(name => name === 'forwarded' || name.startsWith('x-forwarded-'));
  return { loopback: !forwarded && isLoopback(socket.remoteAddress ?? ''), origin: headers.origin ?? null };
}

function agentOf({ reply = 'none', cli }: GatewayOptions): Agent {
  if (typeof reply === 'function') return reply;
  const withoutCli = createEchoAgent({ cli: null });
  if (reply === 'none') return withoutCli;
  if (!cli) throw new RangeError(`reply: '${reply}' needs the command of the CLI`);
  const withCli = createEchoAgent({ cli });
  if (reply === 'cli') return withCli;
  let turns = 0;
  return turn => (turns++ % 2 === 0 ? withoutCli : withCli)(turn);
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\./.test(address);
}

function throwLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
