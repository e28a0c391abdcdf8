/** Keeps one connection to the gateway up, and says in what state it is. */
import { type Clock, sleep } from '../../clock.ts';
import { KapsoWhatsappError } from '../../errors.ts';
import type { Log } from '../../observe/log.ts';
import { keepTo, waits } from '../../waits.ts';
import { GatewayError, type GatewayState } from '../agent.ts';
import { type Attempt, openAttempt } from './attempt.ts';
import { createBackoff } from './backoff.ts';
import {
  type AttemptEnd,
  type ConnectionFailure,
  classifyEnd,
  classifyRequest,
  losesScope,
  missingScopes,
  otherProtocol,
} from './classify.ts';
import type { DeviceIdentity, DeviceTokens } from './identity.ts';
import type { Hello } from './wire.ts';

export interface Device {
  identity: DeviceIdentity;
  tokens: DeviceTokens;
}

export interface ConnectionOptions {
  url: string;
  token: string | null;
  /** Presented from the first attempt on. */
  device: Device | null;
  /** Made and presented once the gateway grants nothing without one; null where none is to be presented. */
  makeDevice: (() => Device) | null;
  /** The gateway is on this host. */
  nearby: boolean;
  version: string;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
}

export interface Connection {
  readonly state: GatewayState;
  /** What the gateway said at the start of the present connection; null while there is none. */
  readonly hello: Hello | null;
  onState(listener: (state: GatewayState) => void): () => void;
  start(): void;
  connected(signal: AbortSignal): Promise<void>;
  /** @throws GatewayError, or the signal's reason. `timeout` in milliseconds. */
  request(method: string, params: unknown, options: { timeout: number; signal?: AbortSignal }): Promise<unknown>;
  close(): Promise<void>;
}

/** The gateway's address for logs and sentences: no user, no password, no query. */
export function displayUrl(url: string): string {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

export function createConnection(options: ConnectionOptions): Connection {
  const { clock, log } = options;
  const where = displayUrl(options.url);
  const listeners = new Set<(state: GatewayState) => void>();
  const stopping = new AbortController();
  let state: GatewayState = { phase: 'connecting', since: clock.now(), reason: null, hint: null, bootId: null };
  let connection: Attempt | null = null;
  let hello: Hello | null = null;
  /** Set while a connection is up: what ends it other than itself. */
  let overrule: ConnectionFailure | null = null;
  let running: Promise<void> | null = null;
  let device = options.device;

  const enter = (next: Omit<GatewayState, 'since'>) => {
    const same = (['phase', 'reason', 'hint', 'bootId'] as const).every(key => state[key] === next[key]);
    if (same || state.phase === 'closed') return;
    state = { ...next, since: clock.now() };
    for (const listener of [...listeners]) listener(state);
  };

  /** Said once for each new reason, however often the attempt is repeated. */
  const report = (failure: ConnectionFailure, was: GatewayState) => {
    if (was.phase === failure.phase && was.reason === failure.reason && was.hint === failure.hint) return;
    const fields = { gateway: where, ...(failure.hint === null ? {} : { hint: failure.hint }) };
    if (failure.phase === 'blocked') log.error(fields, failure.reason);
    else if (failure.phase === 'waiting') log.warn(fields, failure.reason);
    else log.warn(fields, `${failure.reason} Trying again.`);
  };

  /** What a connection that was let in is not good for; null when it is. */
  const unusable = (said: Hello): ConnectionFailure | null => {
    const missing = otherProtocol(said.protocol) ?? missingScopes(said.scopes, device !== null);
    if (missing === null || device !== null || options.makeDevice === null) return missing;
    try {
      device = options.makeDevice();
    } catch (error) {
      if (!(error instanceof KapsoWhatsappError)) throw error;
      return {
        phase: 'blocked',
        reason: `${missing.reason} ${error.message}.`,
        hint: error.hint ?? null,
        retryAfter: null,
      };
    }
    const reason = 'The gateway grants nothing to this connection without a device: it is shown one now.';
    return { phase: 'connecting', reason, hint: null, retryAfter: waits.showDevice.first };
  };

  /** One connection, from the attempt to its end. */
  const connectOnce = (): Promise<{ failure: ConnectionFailure; connectedAt: number | null }> =>
    new Promise(resolve => {
      let connectedAt: number | null = null;
      let lastFrame = clock.now();
      let stopWatch = () => {};

      const watch = (interval: number) => {
        const silence = 2 * interval - (clock.now() - lastFrame);
        if (silence <= 0) attempt.drop(`no sign of life for ${(2 * interval) / 1000} s`);
        // One timer, set anew when it falls due: nothing wakes the process in between.
        else stopWatch = clock.after(silence, () => watch(interval));
      };

      const onHello = (said: Hello) => {
        lastFrame = clock.now();
        overrule = unusable(said);
        if (overrule) return attempt.drop(overrule.reason);
        for (const { name, ...values } of said.corrected) {
          log.warn({ gateway: where, ...values }, `The gateway says a ${name} that it cannot mean; another is taken`);
        }
        connectedAt = clock.now();
        hello = said;
        watch(said.tickInterval);
        log.info({ gateway: where, version: said.version, boot: said.bootId }, 'Connected to the gateway');
        enter({ phase: 'connected', reason: null, hint: null, bootId: said.bootId });
      };

      const onEnd = (end: AttemptEnd) => {
        stopWatch();
        connection = null;
        hello = null;
        const failure = overrule ?? classifyEnd(end, where);
        overrule = null;
        resolve({ failure, connectedAt });
      };

      const attempt = openAttempt({
        ...options,
        device,
        onHello,
        onFrame: () => {
          lastFrame = clock.now();
        },
        // A connection may end while it is still being opened: its owner hears of it afterwards.
        onEnd: end => queueMicrotask(() => onEnd(end)),
      });
      connection = attempt;
    });

  const run = async () => {
    const backoff = createBackoff(options.random, options.nearby, clock.now());
    while (!stopping.signal.aborted) {
      const { failure, connectedAt } = await connectOnce();
      if (stopping.signal.aborted) return;
      if (connectedAt !== null) backoff.lost(connectedAt, clock.now());
      report(failure, state);
      enter({ phase: failure.phase, reason: failure.reason, hint: failure.hint, bootId: null });
      const pause =
        failure.phase === 'blocked'
          ? backoff.blocked()
          : failure.phase === 'waiting'
            ? backoff.waiting(failure.retryAfter)
            : backoff.retry(clock.now(), failure.retryAfter);
      log.debug({ gateway: where, pause, reason: failure.reason }, 'Pause before the next attempt to connect');
      const { asked } = failure.phase === 'waiting' ? waits.gatewayWaiting : waits.gateway;
      const { cut } = keepTo(failure.retryAfter ?? 0, asked);
      if (cut !== null) log.warn({ gateway: where, asked: cut }, 'The gateway asks for a long pause');
      await sleep(clock, pause, stopping.signal).catch(() => undefined);
    }
  };

  return {
    get state() {
      return state;
    },
    get hello() {
      return hello;
    },
    onState(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    start() {
      running ??= run();
    },
    connected(signal) {
      return new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        if (state.phase === 'connected') return resolve();
        if (state.phase === 'closed')
          return reject(new GatewayError('away', 'The connection to the gateway is closed'));
        const done = () => {
          listeners.delete(listener);
          signal.removeEventListener('abort', aborted);
        };
        const aborted = () => {
          done();
          reject(signal.reason);
        };
        const listener = (next: GatewayState) => {
          if (next.phase !== 'connected' && next.phase !== 'closed') return;
          done();
          if (next.phase === 'connected') resolve();
          else reject(new GatewayError('away', 'The connection to the gateway is closed'));
        };
        listeners.add(listener);
        signal.addEventListener('abort', aborted, { once: true });
      });
    },
    async request(method, params, requestOptions) {
      const current = connection;
      if (current === null || hello === null) {
        requestOptions.signal?.throwIfAborted();
        throw new GatewayError('away', state.reason ?? `No connection to ${where}`);
      }
      try {
        return await current.request(method, params, requestOptions);
      } catch (error) {
        requestOptions.signal?.throwIfAborted();
        if (losesScope(method, error) && connection === current) {
          overrule = missingScopes([], device !== null);
          current.drop('The gateway withdrew what this connection may do');
        }
        throw classifyRequest(method, error, params);
      }
    },
    async close() {
      stopping.abort();
      const current = connection;
      enter({ phase: 'closed', reason: null, hint: null, bootId: null });
      await current?.close();
      await running;
    },
  };
}
