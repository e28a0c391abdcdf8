import { createOpenClawGateway } from './agents/openclaw/openclaw.ts';
import { createSessions } from './agents/openclaw/session.ts';
import type { Clock } from './clock.ts';
import type { AccountConfig } from './config/load.ts';
import type { HttpProxy } from './config/proxy.ts';
import { type ConfigChange, compareConfigs, withLiveSettings } from './config/reloadable.ts';
import { secretsOf } from './config/secrets.ts';
import { createForwarder } from './delivery/forward.ts';
import { createMaintenance } from './delivery/maintenance.ts';
import { createReceipts } from './delivery/receipts.ts';
import { createWorker } from './delivery/worker.ts';
import { contextKinds } from './domain/context-kinds.ts';
import { createReceiver } from './intake/receiver.ts';
import { setUpRegistration } from './intake/registration/setup.ts';
import { createKapsoClient } from './kapso/client.ts';
import { openTransport } from './kapso/http/open-transport.ts';
import type { Log } from './observe/log.ts';
import { createScrub } from './observe/scrub.ts';
import type { Status } from './observe/status.ts';
import { onNetwork, writableByOthers } from './state/directory.ts';
import type { Lock } from './state/lock.ts';
import type { DisplacedError } from './state/place.ts';
import { createPlaceWatch } from './state/place-watch.ts';
import { createStatusFile, firstStatus } from './state/status-file.ts';
import { openStore } from './store/open.ts';

export interface BridgeOptions {
  config: AccountConfig;
  /** Through which Kapso is reached. */
  proxy: HttpProxy | null;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  version: string;
  /** On the state directory. */
  lock: Lock;
  /** A socket for the webhook that is open already; else `webhook.listen` is bound. */
  webhookSocket?: { fd: number } | undefined;
  /** Called when everything this program needs by itself works, whether or not others can be reached. */
  onReady?: () => void;
  /** Called when the state directory is not the one that was opened, and only a new start can help. */
  onDisplaced?: (error: DisplacedError) => void;
  /** Called with what `status.json` says and the number of messages that wait for the agent, when either changes. */
  onStatus?: (status: Status, queued: number) => void;
}

export interface Bridge {
  /** Receives and forwards until `stop`; rejects only on a defect. */
  run(): Promise<void>;
  /**
   * Polls once, hands over what there is, and resolves when all of it is settled or has to wait: with why Kapso could not be asked,
   * or null.
   */
  once(): Promise<unknown>;
  pollNow(): void;
  /** Takes over what can change while it runs; says what did, and what needs a restart. */
  reconfigure(next: AccountConfig): ConfigChange;
  /** What only a restart would heal, in a sentence; rejects when the inbox cannot be written. Others' outages are none of it. */
  healthCheck(): Promise<string | null>;
  /** Whether anything is under way or waits to be tried again, and when something last happened. */
  activity(): { busy: boolean; at: number };
  /** Takes nothing new, lets what is under way end within `shutdown.timeout`, and leaves the rest in the store: so many. */
  stop(): Promise<number>;
}

/**
 * The whole program: messages come in by polling and webhooks, go into the store, and from there, lane by lane, to the gateway.
 * This is the one place that knows all parts.
 */
export async function createBridge(options: BridgeOptions): Promise<Bridge> {
  const { config, clock, random, log, version, lock } = options;
  const { dir } = config.state;
  let live = config;
  const interruption = new AbortController();
  const scrub = createScrub(secretsOf(config));
  const store = await openStore({ dir, clock, lock, onDisplaced: error => place.found(error) });
  for (const warning of [writableByOthers(dir), onNetwork(dir)]) if (warning !== null) log.warn({}, warning);
  const transport = openTransport({ proxy: options.proxy, keepAlive: true });
  const kapso = createKapsoClient({
    ...config.kapso,
    timeout: config.kapso.timeout * 1000,
    transport,
    clock,
    random,
    log,
  });
  const sessions = createSessions(config.gateway);
  const gateway = createOpenClawGateway({
    ...config.gateway,
    runTimeout: config.gateway.runTimeout * 1000,
    stateDir: dir,
    clock,
    random,
    log,
    version,
  });
  const initial = firstStatus({
    version,
    mode: config.mode,
    gateway: { ...gateway.state, url: config.gateway.url },
    clock,
    dir,
  });
  const status = createStatusFile({
    dir,
    clock,
    log,
    scrub,
    initial,
    isOurs: () => lock.displaced() === null,
    onWrite: current => {
      store.counts().then(
        ({ byState }) => options.onStatus?.(current, byState.pending + byState.sending),
        error => log.debug({ error }, 'The messages that wait could not be counted'),
      );
    },
  });

  const forward = createForwarder({
    store,
    gateway,
    clock,
    random,
    log,
    kapsoNow: () => receiver.kapsoNow(),
    contextOnly: () => contextKinds(live.delivery.contextOnly),
    onRecovered: () => worker.wakeAll(),
    giveUp: () => ({
      attempts: live.delivery.minAttempts,
      after: live.delivery.giveUpAfter * 3_600_000,
      beforeNext: live.delivery.attemptsBeforeNext,
    }),
    scrub,
    signal: interruption.signal,
    onTaken: createReceipts({ markRead: kapso.markRead, settings: () => live.receipts, log }),
    onObstacle: obstacle => status.update({ delivery: obstacle && { ...obstacle, since: clock.now() } }),
    onEnd: (_, failure) => (failure ? status.failed(failure) : status.update({ lastDeliveredAt: clock.now() })),
  });
  const worker = createWorker({
    queue: store,
    turn: forward,
    interruption,
    canEnd: () => gateway.state.phase === 'connected',
    settings: () => live.delivery,
    clock,
    onError: (lane, error) => {
      status.failed(error instanceof Error ? error.message : String(error));
      log.error({ lane, error }, 'A conversation could not be worked on; it is tried again');
    },
  });
  const {
    secrets: secret,
    findSecrets,
    registration,
  } = setUpRegistration({
    config,
    transport,
    clock,
    random,
    log,
    onStatus: now => status.update({ registration: now }),
    onChange: () => receiver.catchUp(),
  });
  const receiver = createReceiver({
    config: { ...config, webhook: { ...config.webhook, secret } },
    settings: () => live.polling,
    findSecrets,
    webhookSocket: options.webhookSocket,
    kapso,
    store,
    lane: sessions.key,
    clock,
    random,
    log,
    wake: worker.wake,
    onStatus: status.update,
    onPublicUrl: url => registration?.keep(url),
  });
  const maintenance = createMaintenance({
    store,
    clock,
    log,
    get retention() {
      return live.state.retention * 86_400_000;
    },
    changed: woken => {
      worker.wake(woken);
      // What a conversation rested for may have been dropped.
      worker.wakeAll();
    },
    tick: receiver.tick,
    seenUpTo: receiver.seenUpTo,
  });

  const place = createPlaceWatch({
    displaced: store.displaced,
    clock,
    log,
    onAway: status.failed,
    onBack: () => {
      worker.wakeAll();
      receiver.pollNow();
      // A commit in the moment of the move was refused, and is in the inbox nevertheless.
      worker.refresh().catch(error => log.error({ error }, 'The inbox cannot be read'));
    },
    onLost: error => options.onDisplaced?.(error),
  });

  gateway.onState(state => {
    status.update({ gateway: { ...state, url: config.gateway.url } });
    if (state.phase === 'connected') worker.wakeAll();
  });

  return {
    run: async () => {
      await receiver.start();
      gateway.start();
      maintenance.start();
      place.start();
      options.onReady?.();
      await receiver.run(worker.start);
    },
    once: async () => {
      const leave = gateway.onState(({ phase, reason }) => {
        if (phase === 'connected' || reason === null || interruption.signal.aborted) return;
        log.warn({ reason }, 'The gateway cannot be reached; what there is waits for the next time');
        worker.interrupt(new Error('the gateway cannot be reached'));
      });
      gateway.start();
      let failure: unknown = null;
      await receiver.once().catch((error: unknown) => {
        log.error({ error }, 'Polling Kapso failed');
        failure = error;
      });
      await worker.start();
      await worker.quiet();
      leave();
      return failure;
    },
    pollNow: receiver.pollNow,
    reconfigure: next => {
      const change = compareConfigs(live, next);
      live = withLiveSettings(live, next);
      // A pause of the old length may be a long one.
      if (change.applied.includes('polling.interval')) receiver.pollNow();
      return change;
    },
    healthCheck: async () => {
      await store.probe();
      return receiver.stuck();
    },
    activity: () => {
      const { startedAt, lastMessageAt, lastDeliveredAt } = status.current;
      return {
        busy: worker.busy() || receiver.busy(),
        at: Math.max(startedAt, lastMessageAt ?? 0, lastDeliveredAt ?? 0),
      };
    },
    stop: async () => {
      maintenance.stop();
      place.stop();
      registration?.close();
      const grace = live.shutdown.timeout * 1000;
      await Promise.all([receiver.stop(grace), worker.stop(grace)]);
      await gateway.close();
      transport.close();
      const { byState } = await store.counts();
      await store.close();
      status.close();
      return byState.pending + byState.sending;
    },
  };
}
