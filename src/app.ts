import { createOpenClawGateway } from './agents/openclaw/openclaw.ts';
import { alertWays, createAlerts, type SharedAlerts } from './alerts/alerts.ts';
import { alertsRole } from './alerts/memory.ts';
import { type Accounts, openAccounts } from './app-accounts.ts';
import { createDatabaseWatch, openInbox } from './app-database.ts';
import { openMetrics } from './app-metrics.ts';
import type { App, AppOptions } from './app-options.ts';
import { createStatus, keepStatus, queued } from './app-status.ts';
import { openUi } from './app-ui.ts';
import { coalesceTimers } from './coalesce.ts';
import { statusText } from './commands/status-text.ts';
import { accountCalled, namesOf, sessionRulesOf } from './config/accounts.ts';
import type { AccountConfig } from './config/load.ts';
import { runningSettings } from './config/running-settings.ts';
import { compareSettings, type Settings, withLiveChanges } from './config/settings-change.ts';
import { sourceOf } from './config/source-words.ts';
import { createMaintenance } from './delivery/maintenance.ts';
import { createInstances, type Instances } from './instances/instances.ts';
import { openTransport } from './kapso/http/open-transport.ts';
import { createHistory } from './live/history.ts';
import { createLive } from './live/live.ts';
import { createTidyStart } from './memory.ts';
import { createEventLog } from './observe/event-log.ts';
import { type AppEvent, createEvents, type Emit } from './observe/events.ts';
import { type Part, startInOrder, stopInReverse } from './part.ts';
import { pollOnce } from './poll-once.ts';
import { onNetwork, readableByOthers, writableByOthers } from './state/directory.ts';
import { createPlaceWatch } from './state/place-watch.ts';
import { forgetMarks } from './state/send-marks.ts';
import type { StatusFile } from './state/status-file.ts';
import { pollingRole } from './store/claims.ts';
import type { Mute } from './store/commands.ts';
import type { DatabaseConnection } from './store/shared-database.ts';
import type { Store } from './store/store.ts';
import { createWhenThere, startPatience } from './when-there.ts';

/** The process: the store, the agent gateway and the numbers, and what watches over them. Only this file knows all parts. */
export async function createApp(given: AppOptions): Promise<App> {
  const { clock, around } = coalesceTimers(given.clock);
  const options = { ...given, clock };
  const { config, log, lock } = options;
  const { dir } = config.state;
  let live: Settings = { config, accounts: options.accounts };
  const settings = () => live;
  const { scrub } = options.secrets;
  let connection: DatabaseConnection | null = null;
  let onConnection = (now: DatabaseConnection) => {
    connection = now;
  };
  const whenThere = createWhenThere({ ...options, patience: startPatience });
  const store = await openInbox({
    ...{ ...config.state, clock, lock, log, whenThere },
    onDisplaced: error => place.found(error),
    onConnection: now => onConnection(now),
  });
  const status = createStatus({ ...options, names: namesOf(options.accounts) }, store, scrub);
  const healthCheck = () => store.probe().then(accounts.stuck);
  const metrics = await openMetrics(options, { store, status: () => status.current, healthCheck });
  const onPairing = ({ type }: AppEvent) => type === 'pairing began' && maintenance.senderWaits();
  const history = createHistory({ clock, scrub });
  const onEvent = (event: AppEvent) => alerts.heard(event);
  const emit = createEvents([
    createEventLog(log, clock),
    keepStatus(status, clock, scrub),
    onPairing,
    onEvent,
    history.listen,
    ...(metrics ? [metrics.heard] : []),
  ]);
  const instances = createInstances({ claims: store.claims, clock, emit });
  const alerts = createAlerts({
    ...options,
    account: () => alertingOf(live),
    stateDir: dir,
    settings: () => live.config.alerts,
    status: () => status.current,
    wakeReplies: lanes => accounts.all.get(alertingOf(live))?.replies.wake(lanes),
    isOurs: () => lock.displaced() === null,
    shared: shareAlerts(instances, { store, accounts: options.accounts, settings: () => live.config.alerts }),
    ...{ store, emit, scrub, around },
  });
  warnOfDirectory(dir, emit);
  const transport = openTransport({ proxy: options.proxy, keepAlive: true });
  const gateway = createOpenClawGateway({
    ...options,
    ...config.gateway,
    rulesOf: sessionRulesOf(options.accounts),
    tokenFrom: sourceOf('gateway.token', options.origins?.['gateway.token']),
    runTimeout: config.gateway.runTimeout * 1000,
    stateDir: dir,
    learn: options.secrets.learn,
    emit,
  });
  const report = async (mutes: readonly Mute[]) =>
    scrub(statusText({ status: status.current, queue: await store.counts(), mutes, now: clock.now() }));
  const accounts = await openAccounts({
    ...{ ...options, transport, store, whenThere, instances, gateway, emit, scrub, report },
    settingsOf: id => configOf(live, id),
  });
  const place = createPlaceWatch({
    displaced: store.displaced,
    around,
    clock,
    emit,
    onBack: accounts.goOn,
    onLost: error => options.onDisplaced?.(error),
  });
  const database = createDatabaseWatch({
    ...{ clock, emit },
    look: store.counts,
    onBack: accounts.goOn,
  });
  onConnection = database.heard;
  if (connection !== null) database.heard(connection);
  const maintenance = createMaintenance({
    store,
    role: instances?.role('upkeep'),
    forgetMarks: () => forgetMarks(config.state.dir, clock.now()),
    ...accounts,
    workers: [...accounts.all.values()].flatMap(({ worker, replies }) => [worker, replies]),
    settings: () => live.config.state,
    around,
    clock,
    log,
    emit,
  });
  gateway.onState(state => {
    emit({ type: 'gateway changed', gateway: { ...state, url: config.gateway.url } });
    if (state.phase === 'connected') accounts.takeUp();
  });
  store.onNews(news => {
    if (news === 'operated') return maintenance.operated();
    accounts.look();
    instances?.look();
  });
  const view = createLive({
    ...options,
    settings: () => runningSettings(live),
    store,
    gateway,
    status,
    history,
    scrub,
    emit,
  });
  const ui = await openUi(options, { sources: view.sources, store, scrub, onChanged: accounts.refresh });
  const served = [metrics, ui].filter(part => part !== null);
  const roles = instances === null ? [] : [instances.roles];
  const tidy = createTidyStart(around);
  const parts: Part[] = [
    view,
    status,
    ...served,
    gateway,
    accounts,
    place,
    database,
    maintenance,
    ...roles,
    // An alert that is being given ends before the roles are handed over: another process would give it once more.
    alerts,
    tidy,
  ];

  return {
    start: () => startInOrder(parts),
    run: accounts.run,
    once: async () => {
      status.start();
      await startInOrder(roles);
      return pollOnce({ gateway, accounts: [...accounts.all.values()], emit });
    },
    pollNow: accounts.pollNow,
    settings,
    reconfigure: next => {
      const change = compareSettings(live, next);
      live = withLiveChanges(live, next);
      accounts.follow(change.ofAccounts);
      if (change.applied.includes('gateway.token')) {
        gateway.signIn(live.config.gateway.token ?? null, sourceOf('gateway.token', next.origins?.['gateway.token']));
      }
      if (change.applied.some(key => key.startsWith('alerts.'))) alerts.settingsChanged();
      return change;
    },
    healthCheck,
    activity: () => activityOf(status, accounts),
    stop: async () => {
      await stopInReverse(parts, live.config.shutdown.timeout * 1000, clock);
      transport.close();
      await instances?.leases.stop();
      // Nobody is kept from stopping by a database that is away.
      const left = await queued(store).catch(() => null);
      await store.close();
      return left;
    },
  };
}

/** What the processes that share the store tell of together; null for one that has it alone. */
function shareAlerts(
  instances: Instances | null,
  {
    store,
    accounts,
    settings,
  }: { store: Store; accounts: AppOptions['accounts']; settings: () => AccountConfig['alerts'] },
): SharedAlerts | null {
  if (instances === null) return null;
  const labels = new Map(namesOf(accounts).map(({ id, label }) => [id, label]));
  const ids = accounts.map(({ config }) => config.kapso.phoneNumberId);
  return {
    name: store.claims.owner,
    notes: store.notes,
    role: instances.role(alertsRole, () => alertWays(settings()).length > 0),
    numbers: ids.map(id => ({ id, label: labels.get(id) ?? null, role: instances.role(pollingRole(id)) })),
  };
}

/** Whether anything is under way or waits for another attempt, and when something last happened. */
function activityOf(status: StatusFile, accounts: Accounts): { busy: boolean; at: number } {
  const { startedAt, lastMessageAt, lastDeliveredAt } = status.current;
  return {
    busy: accounts.busy(),
    at: Math.max(startedAt, lastMessageAt ?? 0, lastDeliveredAt ?? 0),
  };
}

/** The present configuration of a number. */
function configOf({ accounts }: Settings, id: string): AccountConfig {
  const found = accounts.find(({ config }) => config.kapso.phoneNumberId === id);
  if (found === undefined) throw new TypeError(`there is no number ${id}`);
  return found.config;
}

/** The number that sends alerts. */
function alertingOf({ config: { alerts }, accounts }: Settings): string {
  const account = (alerts.from !== undefined && accountCalled(accounts, alerts.from)) || accounts[0];
  if (account === undefined) throw new TypeError('there is no number');
  return account.config.kapso.phoneNumberId;
}

function warnOfDirectory(dir: string, emit: Emit): void {
  for (const warning of [writableByOthers(dir), readableByOthers(dir), onNetwork(dir)]) {
    if (warning !== null) emit({ type: 'directory unsafe', warning });
  }
}
