import { accessWarning } from './access/warning.ts';
import { type Account, createAccount } from './account.ts';
import { createOpenClawGateway } from './agents/openclaw/openclaw.ts';
import { createStatus, keepStatus, queued, type StatusOptions } from './app-status.ts';
import { coalesceTimers } from './coalesce.ts';
import { statusText } from './commands/status-text.ts';
import type { AccountConfig } from './config/load.ts';
import type { HttpProxy } from './config/proxy.ts';
import { type ConfigChange, compareConfigs, withLiveSettings } from './config/reloadable.ts';
import { secretsOf } from './config/secrets.ts';
import { createMaintenance } from './delivery/maintenance.ts';
import { openTransport } from './kapso/http/open-transport.ts';
import { createEventLog } from './observe/event-log.ts';
import { type AppEvent, createEvents, type Emit } from './observe/events.ts';
import { createScrub } from './observe/scrub.ts';
import { type Part, startInOrder, stopInReverse } from './part.ts';
import { pollOnce } from './poll-once.ts';
import { onNetwork, writableByOthers } from './state/directory.ts';
import type { DisplacedError } from './state/place.ts';
import { createPlaceWatch } from './state/place-watch.ts';
import { forgetMarks } from './state/send-marks.ts';
import type { StatusFile } from './state/status-file.ts';
import type { Mute } from './store/commands.ts';
import { openStore } from './store/open.ts';

export interface AppOptions extends StatusOptions {
  /** The proxy to Kapso; null for a direct connection. */
  proxy: HttpProxy | null;
  /** Returns the proxy to another service; null for a direct connection. */
  proxyTo: (origin: string) => HttpProxy | null;
  /** The file of the configuration, where there is one. */
  configFile?: string | null;
  /** 0 ≤ x < 1. */
  random: () => number;
  /** An open socket for the webhook. Without it, `webhook.listen` is bound. */
  webhookSocket?: { fd: number } | undefined;
  /** Called when the state directory was moved or replaced and only a new start can help. */
  onDisplaced?: (error: DisplacedError) => void;
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
  const onPairing = ({ type }: AppEvent) => type === 'pairing began' && maintenance.senderWaits();
  const emit = createEvents([createEventLog(log, clock), keepStatus(status, clock), onPairing]);
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
    tidyMedia: account.tidyMedia,
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
      follow(change, { account, live, emit });
      return change;
    },
    healthCheck: () => store.probe().then(receiver.stuck),
    activity: () => activityOf(status, account),
    stop: async () => {
      await stopInReverse(parts, live.shutdown.timeout * 1000, clock);
      transport.close();
      const left = await queued(store);
      await store.close();
      return left;
    },
  };
}

/** Whether anything is under way or waits for another attempt, and when something last happened. */
function activityOf(status: StatusFile, { worker, replies, receiver }: Account): { busy: boolean; at: number } {
  const { startedAt, lastMessageAt, lastDeliveredAt } = status.current;
  return {
    busy: worker.busy() || replies.busy() || receiver.busy(),
    at: Math.max(startedAt, lastMessageAt ?? 0, lastDeliveredAt ?? 0),
  };
}

/** Does what follows from settings that have changed. */
function follow(
  { applied }: ConfigChange,
  { account, live, emit }: { account: Account; live: AccountConfig; emit: Emit },
): void {
  if (applied.some(key => key.startsWith('access.'))) tellOfAccess(live, emit);
  if (applied.includes('access.contacts') || applied.includes('access.roles')) {
    account.refile().catch(error => emit({ type: 'store unreadable', error }));
  }
  // The present pause has the old length, which may be long.
  if (applied.includes('polling.interval')) account.receiver.pollNow();
}

/** Resumes all work when the inbox is back in its place. */
function goOn({ worker, replies, receiver }: Account, emit: Emit): void {
  worker.wakeAll();
  replies.wakeAll();
  receiver.pollNow();
  // A commit during the move was refused, but is in the inbox.
  Promise.all([worker.refresh(), replies.refresh()]).catch(error => emit({ type: 'store unreadable', error }));
}

function tellOfAccess({ access }: AccountConfig, emit: Emit): void {
  emit({ type: 'access changed', access: { policy: access.policy, warning: accessWarning(access) } });
}

function warnOfDirectory(dir: string, emit: Emit): void {
  for (const warning of [writableByOthers(dir), onNetwork(dir)]) {
    if (warning !== null) emit({ type: 'directory unsafe', warning });
  }
}
