/** Keeps one connection to the gateway open and reports its state. */
import { type Clock, sleep } from '../../clock.ts';
import type { Emit } from '../../observe/events.ts';
import type { Log } from '../../observe/log.ts';
import { createOnce } from '../../observe/once.ts';
import { GatewayError, type GatewayState } from '../agent.ts';
import type { RequestOptions } from './attempt.ts';
import { createBackoff } from './backoff.ts';
import { type ConnectionFailure, classifyRequest, losesScope, missingScopes } from './classify.ts';
import { createStateHolder } from './gateway-state.ts';
import { type LiveConnection, openLiveConnection } from './live-connection.ts';
import { createShownDevice, type Device } from './shown-device.ts';
import type { TokenSource } from './token-hints.ts';
import type { Hello } from './wire.ts';

export interface ConnectionOptions {
  url: string;
  token: string | null;
  /** Where the token came from, for hints; null where there is none. */
  tokenFrom: TokenSource | null;
  /** The device that is presented from the first attempt on; null for none. */
  device: Device | null;
  /** Makes the device that is presented when the gateway grants nothing without one. Null when none may be presented. */
  makeDevice: (() => Device) | null;
  /** The gateway is on this host. */
  nearby: boolean;
  version: string;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  emit: Emit;
}

export interface Connection {
  readonly state: GatewayState;
  /** The gateway's greeting on the present connection; null while there is none. */
  readonly hello: Hello | null;
  onState(listener: (state: GatewayState) => void): () => void;
  start(): void;
  /** Signs in with this token from the next attempt on. Where the gateway has refused, the next attempt begins at once. */
  signIn(token: string | null, from: TokenSource | null): void;
  connected(signal: AbortSignal): Promise<void>;
  /** @throws GatewayError, or the signal's reason. */
  request(method: string, params: unknown, options: RequestOptions): Promise<unknown>;
  close(): Promise<void>;
}

/** The gateway's address for logs and sentences: no user, no password, no query. */
export function displayUrl(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** Reports each new reason once, however often the attempt is repeated. */
function createReport(gateway: string, emit: Emit): (failure: ConnectionFailure | null) => void {
  const isNew = createOnce();
  return failure => {
    if (!isNew(failure && JSON.stringify([failure.phase, failure.reason, failure.hint])) || failure === null) return;
    const { phase, reason, hint } = failure;
    emit({ type: 'connection failed', gateway, phase, reason, hint });
  };
}

export function createConnection(options: ConnectionOptions): Connection {
  const { clock, log, emit } = options;
  const where = displayUrl(options.url);
  const state = createStateHolder(clock);
  const device = createShownDevice(options.device, options.makeDevice);
  const report = createReport(where, emit);
  const stopping = new AbortController();
  let { token, tokenFrom } = options;
  let pausing = new AbortController();
  let live: LiveConnection | null = null;
  let running: Promise<void> | null = null;

  const onConnected = ({ bootId }: Hello) => {
    report(null);
    state.enter({ phase: 'connected', reason: null, hint: null, bootId });
  };

  const run = async () => {
    const backoff = createBackoff(options.random, options.nearby, clock.monotonic());
    while (!stopping.signal.aborted) {
      const tried = token;
      live = openLiveConnection({ ...options, token, tokenFrom, where, device, onConnected });
      const { failure, connectedAt } = await live.ended;
      live = null;
      if (stopping.signal.aborted) return;
      if (connectedAt !== null) backoff.lost(connectedAt, clock.monotonic());
      const { phase, reason, hint } = failure;
      report(failure);
      state.enter({ phase, reason, hint, bootId: null });
      if (phase === 'blocked' && token !== tried) continue;
      pausing = new AbortController();
      const { pause, cut } = backoff.after(failure, clock.monotonic());
      log.debug({ gateway: where, pause, reason }, 'Pause before the next attempt to connect');
      if (cut !== null) emit({ type: 'connection put off long', gateway: where, asked: cut });
      await sleep(clock, pause, AbortSignal.any([stopping.signal, pausing.signal])).catch(() => undefined);
    }
  };

  return {
    get state() {
      return state.current;
    },
    get hello() {
      return live?.hello ?? null;
    },
    onState: state.onState,
    start() {
      running ??= run();
    },
    signIn(next, from) {
      if (next === token) return;
      [token, tokenFrom] = [next, from];
      // A gateway that is away, or that has locked this address, is tried when it is time.
      if (state.current.phase === 'blocked') pausing.abort();
    },
    connected: state.connected,
    async request(method, params, requestOptions) {
      const current = live;
      if (!current?.hello) {
        requestOptions.signal?.throwIfAborted();
        throw new GatewayError('away', state.current.reason ?? `No connection to ${where}`);
      }
      requestOptions.guard?.();
      try {
        // The frame is written before this gives way to anything else.
        return await current.attempt.request(method, params, requestOptions);
      } catch (error) {
        requestOptions.signal?.throwIfAborted();
        const withdrawn = losesScope(method, error) ? missingScopes([], device.current !== null) : null;
        if (withdrawn) current.drop(withdrawn);
        throw classifyRequest(method, error, params);
      }
    },
    async close() {
      stopping.abort();
      const current = live;
      state.enter({ phase: 'closed', reason: null, hint: null, bootId: null });
      await current?.attempt.close();
      await running;
    },
  };
}
