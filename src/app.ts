import { isDeepStrictEqual } from 'node:util';
import { accessWarning } from './access/warning.ts';
import { type Account, createAccount } from './account.ts';
import { createOpenClawGateway } from './agents/openclaw/openclaw.ts';
import type { Clock } from './clock.ts';
import { coalesceTimers } from './coalesce.ts';
import { statusText } from './commands/status-text.ts';
import type { AccountConfig } from './config/load.ts';
import type { HttpProxy } from './config/proxy.ts';
import { type ConfigChange, compareConfigs, withLiveSettings } from './config/reloadable.ts';
import { secretsOf } from './config/secrets.ts';
import { createMaintenance } from './delivery/maintenance.ts';
import { openTransport } from './kapso/http/open-transport.ts';
import { createEventLog } from './observe/event-log.ts';
import { createEvents, type Emit } from './observe/events.ts';
import type { Log } from './observe/log.ts';
import { createScrub } from './observe/scrub.ts';
import type { OutboxStatus, Status } from './observe/status.ts';
import { statusChange } from './observe/status-events.ts';
import { type Part, startInOrder, stopInReverse } from './part.ts';
import { pollOnce } from './poll-once.ts';
import { onNetwork, writableByOthers } from './state/directory.ts';
import type { Lock } from './state/lock.ts';
import type { DisplacedError } from './state/place.ts';
import { createPlaceWatch } from './state/place-watch.ts';
import { forgetMarks } from './state/send-marks.ts';
import { createStatusFile, firstStatus, type StatusFile } from './state/status-file.ts';
import type { Mute } from './store/commands.ts';
import { openStore } from './store/open.ts';
import type { Store } from './store/store.ts';

export interface AppOptions {
  config: AccountConfig;
  /** The proxy to Kapso; null for a direct connection. */
  proxy: HttpProxy | null;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  version: string;
  /** The lock on the state directory. */
  lock: Lock;
  /** An open socket for the webhook. Without it, `webhook.listen` is bound. */
  webhookSocket?: { fd: number } | undefined;
  /** Called when the state directory was moved or replaced and only a new start can help. */
  onDisplaced?: (error: DisplacedError) => void;
  /** Called with the content of `status.json` and the number of messages that wait for the agent, when either changes. */
  onStatus?: (status: Status, queued: number) => void;
}

export interface App {
  /** Resolves when the program's own parts work, whether or not Kapso and the gateway can be reached. */
  start(): Promise<void>;
  /** Receives and hands over messages until it is stopped. Rejects only on a defect. */
  run(): Promise<void>;
  /** Replaces both; see `pollOnce`. */
  once(): Promise<unknown>;
  pollNow(): void;
  /** The present configuration, with the changes since the start. */
  settings(): AccountConfig;
  /** Applies the settings that can change while it runs. Returns which did, and which need a restart. */
  reconfigure(next: AccountConfig): ConfigChange;
  /**
   * Resolves with what only a restart would heal, as a sentence, or with null. Rejects when the inbox cannot be
   * written. An unreachable Kapso or gateway is not a failure.
   */
  healthCheck(): Promise<string | null>;
  /** Whether anything is under way or waits for another attempt, and when something last happened. */
  activity(): { busy: boolean; at: number };
  /**
   * Takes nothing new. Work under way has `shutdown.timeout` to end. Resolves to the number of messages that are left
   * in the store.
   */
  stop(): Promise<number>;
}

/** The process: the store, the agent gateway and the account, and what watches over them. Only this file knows all parts. */
export async function createApp(given: AppOptions): Promise<App> {
  const { clock, around } = coalesceTimers(given.clock);
  const options = { ...given, clock };
  const { config, log, lock } = options;
  const { dir } = config.state;
  let live = config;
  const settings = () => live;
  const scrub = createScrub(secretsOf(config));
  const store = await openStore({ dir, clock, lock, onDisplaced: error => place.found(error) });
  const status = createStatus(options, store, scrub);
  const emit = createEvents([
    createEventLog(log, clock),
    keepStatus(status, clock),
    ({ type }) => type === 'pairing began' && maintenance.senderWaits(),
  ]);
  warnOfDirectory(dir, emit);
  tellOfAccess(config, emit);
  const transport = openTransport({ proxy: options.proxy, keepAlive: true });
  const gateway = createOpenClawGateway({
    ...options,
    ...config.gateway,
    runTimeout: config.gateway.runTimeout * 1000,
    stateDir: dir,
    emit,
  });
  const report = async (mutes: readonly Mute[]) =>
    statusText({ status: status.current, queue: await store.counts(), mutes, now: clock.now() });
  const account = await createAccount({ ...options, settings, transport, store, gateway, emit, scrub, report });
  const { receiver, worker, replies } = account;
  const place = createPlaceWatch({
    displaced: store.displaced,
    around,
    clock,
    emit,
    onBack: () => goOn(account, emit),
    onLost: error => options.onDisplaced?.(error),
  });
  const maintenance = createMaintenance({
    store,
    forgetMarks: () => forgetMarks(config.state.dir, clock.now()),
    workers: [worker, replies],
    admits: account.admits,
    settings: () => live.state,
    tick: account.tick,
    seenUpTo: receiver.seenUpTo,
    around,
    clock,
    log,
    emit,
  });
  gateway.onState(state => {
    emit({ type: 'gateway changed', gateway: { ...state, url: config.gateway.url } });
    if (state.phase === 'connected') worker.wakeAll();
  });
  const parts: Part[] = [status, gateway, account, place, maintenance];

  return {
    start: () => startInOrder(parts),
    run: account.run,
    once: async () => {
      status.start();
      return pollOnce({ gateway, account, emit });
    },
    pollNow: receiver.pollNow,
    settings,
    reconfigure: next => {
      const change = compareConfigs(live, next);
      live = withLiveSettings(live, next);
      if (change.applied.some(key => key.startsWith('access.'))) tellOfAccess(live, emit);
      if (change.applied.some(key => key === 'access.contacts' || key === 'access.roles')) {
        account.refile().catch(error => emit({ type: 'store unreadable', error }));
      }
      // The present pause has the old length, which may be long.
      if (change.applied.includes('polling.interval')) receiver.pollNow();
      return change;
    },
    healthCheck: () => store.probe().then(receiver.stuck),
    activity: () => {
      const { startedAt, lastMessageAt, lastDeliveredAt } = status.current;
      return {
        busy: worker.busy() || replies.busy() || receiver.busy(),
        at: Math.max(startedAt, lastMessageAt ?? 0, lastDeliveredAt ?? 0),
      };
    },
    stop: async () => {
      await stopInReverse(parts, live.shutdown.timeout * 1000, clock);
      transport.close();
      const left = await queued(store);
      await store.close();
      return left;
    },
  };
}

/** Updates the status with each event. */
function keepStatus(status: StatusFile, clock: Clock): Emit {
  return event => {
    const change = statusChange(event, clock.now());
    if (change !== null) status.update(change);
  };
}

/** Resumes all work when the inbox is back in its place. */
function goOn({ worker, replies, receiver }: Account, emit: Emit): void {
  worker.wakeAll();
  replies.wakeAll();
  receiver.pollNow();
  // A commit during the move was refused, but is in the inbox.
  Promise.all([worker.refresh(), replies.refresh()]).catch(error => emit({ type: 'store unreadable', error }));
}

/** Creates the status file of this process. The service manager gets the same status. */
function createStatus(
  { config, clock, log, version, lock, onStatus }: AppOptions,
  store: Store,
  scrub: (text: string) => string,
): StatusFile {
  const { dir } = config.state;
  const { mode } = config;
  const count = async (current: Status) => {
    onStatus?.(current, await queued(store));
    const outbox = await outgoing(store);
    if (!isDeepStrictEqual(outbox, file.current.outbox)) file.update({ outbox });
  };
  const unconnected = { phase: 'connecting', since: clock.now(), reason: null, hint: null, bootId: null } as const;
  const file = createStatusFile({
    dir,
    clock,
    log,
    scrub,
    initial: firstStatus({ version, mode, gateway: { ...unconnected, url: config.gateway.url }, clock, dir }),
    isOurs: () => lock.displaced() === null,
    onWrite: current => {
      count(current).catch(error => log.debug({ error }, 'The messages that wait could not be counted'));
    },
  });
  return file;
}

/** The number of messages that wait for the agent. */
async function queued(store: Store): Promise<number> {
  const { byState } = await store.counts();
  return byState.pending + byState.sending;
}

async function outgoing({ outbox }: Store): Promise<OutboxStatus> {
  const { pending, sending, failed } = await outbox.counts();
  const [oldest] = await outbox.waiting(1);
  return { waiting: pending + sending, failed, oldestWaiting: oldest?.createdAt ?? null };
}

function tellOfAccess({ access }: AccountConfig, emit: Emit): void {
  emit({ type: 'access changed', access: { policy: access.policy, warning: accessWarning(access) } });
}

function warnOfDirectory(dir: string, emit: Emit): void {
  for (const warning of [writableByOthers(dir), onNetwork(dir)]) {
    if (warning !== null) emit({ type: 'directory unsafe', warning });
  }
}
