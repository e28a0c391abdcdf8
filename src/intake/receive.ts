import type { Clock } from '../clock.ts';
import type { AccountConfig } from '../config/load.ts';
import type { KapsoClient } from '../kapso/client.ts';
import type { Normalised } from '../kapso/message.ts';
import { normaliseListRow, normaliseWebhook } from '../kapso/normalise.ts';
import { describeError, type Log } from '../observe/log.ts';
import type { PollingStatus, Status, WebhookStatus } from '../observe/status.ts';
import type { Accepted, Store } from '../store/store.ts';
import { type LaneOf, toEntries } from './entry.ts';
import { judgeFailure } from './judge.ts';
import { createKapsoTime } from './kapso-time.ts';
import { formatListenAddress, type ListenAddress, parseListenAddress } from './listen-address.ts';
import { whatIsOverdue } from './overdue.ts';
import { createFallbackPace } from './pace.ts';
import { createPoller } from './poll.ts';
import { pathWarning } from './registration.ts';
import { createFunnel, type Funnel, funnelTarget } from './tailscale.ts';
import { createWebhookServer } from './webhook-server.ts';

export interface ReceiverOptions {
  config: AccountConfig;
  /** Those settings that may change while it runs, in seconds, asked for again each time; by default those of `config`. */
  pace?: () => Pick<AccountConfig['polling'], 'interval' | 'overlap'>;
  /** See `WebhookServerDeps`. */
  findSecrets?: (() => readonly string[]) | undefined;
  /** A socket for the webhook that is open already; else `webhook.listen` is bound. */
  webhookSocket?: { fd: number } | undefined;
  kapso: KapsoClient;
  store: Store;
  lane: LaneOf;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  /** Called after the commit with the lanes that have work now. */
  onAccepted: (lanes: string[]) => void;
  onStatus: (change: Partial<Status>) => void;
  /** Called once the address that Kapso is to deliver to is known, and again when it changes. */
  onPublicUrl: (url: string) => void;
}

export interface Receiver {
  /** Binds the listener, where the mode has one; resolves when it takes connections. */
  start(): Promise<void>;
  /**
   * Receives until it is closed. `caughtUp` is called when what came during an outage has been fetched, or when that has to
   * wait because Kapso is away: what arrives from then on is in order.
   */
  run(caughtUp: () => void): Promise<void>;
  /** Polls once, whatever the mode, and binds no listener; rejects when Kapso cannot be asked. */
  once(): Promise<void>;
  pollNow(): void;
  /** Whether something is being fetched, or it has not begun to receive. */
  busy(): boolean;
  /** What should have happened long ago, in a sentence; null when all goes on. Failures to reach Kapso are none of it. */
  overdue(): string | null;
  /** To be called when a way in was closed for a time: fetches what could not be delivered meanwhile. */
  catchUp(): void;
  /** To be called now and then: notices a store that works again, and keeps the cursor near. */
  look(): Promise<void>;
  /** Takes nothing new; requests under way may end within `grace` ms. */
  close(grace: number): Promise<void>;
}

/** While only webhooks receive, the next start's catch-up begins this far (ms) before the last delivery. */
const cursorLag = 3_600_000;

/** The ways in, as the mode says: polling, webhooks, or both into the same store. */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { config, store, clock, random, log, onStatus, pace = () => config.polling } = options;
  const { phoneNumberId } = config.kapso;
  const kapsoTime = createKapsoTime(clock);
  const byWebhook = config.mode !== 'polling';
  const byPolling = !byWebhook || config.polling.fallback;
  let trouble: string | null = null;
  let funnel: Funnel | null = null;
  let address: ListenAddress | null = null;
  let lastPublicUrl: string | null = null;
  let firstAttemptEnded: () => void = () => undefined;
  let upToDate = false;
  let running = false;
  let catchUpsDue = 0;
  let tunnelWasOpen = false;
  let lastTaken = 0;
  let deliveredBefore = 0;
  let reportDue: (() => void) | null = null;
  let polling: PollingStatus | null = null;
  let askedAt = 0;
  /** Why, by id, of what has been read and is about to be kept. */
  const unreadable = new Map<string, string>();

  const entriesOf = (items: Normalised[]) => {
    for (const item of items) if (item.kind === 'unreadable') unreadable.set(item.id, item.reason);
    return toEntries(items, { lane: options.lane, log });
  };
  const arrived = ({ inserted, lanes }: Accepted) => {
    const at = clock.now();
    if (inserted.length > 0) onStatus({ lastMessageAt: at });
    for (const id of unreadable.size > 0 ? inserted : []) {
      const reason = unreadable.get(id);
      if (reason === undefined) continue;
      log.error({ message: id, reason }, 'Something arrived that cannot be read; it is kept in the inbox as failed');
      onStatus({ lastError: { at, message: `Something arrived that cannot be read: ${reason}` } });
    }
    unreadable.clear();
    if (lanes.length > 0) options.onAccepted(lanes);
  };

  const createWebhook = () =>
    createWebhookServer({
      ...config.webhook,
      listen: options.webhookSocket ?? parseListenAddress(config.webhook.listen),
      verifyToken: config.webhook.verifyToken ?? null,
      secrets: config.webhook.secret,
      ...(options.findSecrets && { findSecrets: options.findSecrets }),
      phoneNumberId,
      normalise: (payload, headers, context) =>
        normaliseWebhook(payload, headers, { ...context, now: kapsoTime.latest() }),
      ready: () => trouble,
      clock,
      log,
      accept: async items => {
        try {
          arrived(await store.accept(entriesOf(items)));
          trouble = null;
          lastTaken = kapsoTime.earliest();
        } catch (error) {
          trouble = describeError(error);
          throw error;
        } finally {
          // Counted only when this has returned; and a status a second is enough.
          reportDue ??= clock.after(1000, reportWebhook);
        }
      },
    });

  const webhook = byWebhook ? createWebhook() : null;

  const healthy = () =>
    trouble === null &&
    webhook !== null &&
    webhook.stats().lastDeliveryAt !== null &&
    (funnel === null || funnel.state.phase === 'open');
  const timing = {
    get interval() {
      return pace().interval * 1000;
    },
    healthy,
  };
  const poller = createPoller({
    fetchPage: query => {
      askedAt = clock.monotonic();
      const answer = options.kapso.listMessages({ direction: 'inbound', ...query });
      answer.then(
        ({ serverTime }) => kapsoTime.observe(serverTime),
        () => undefined,
      );
      return answer;
    },
    judge: judgeFailure,
    normalise: (row, now) => normaliseListRow(row, { phoneNumberId, now }),
    toEntries: entriesOf,
    store,
    clock,
    random,
    log,
    stateDir: config.state.dir,
    get interval() {
      return timing.interval;
    },
    get overlap() {
      return pace().overlap * 1000;
    },
    ...(byWebhook ? { pace: createFallbackPace(timing) } : {}),
    onPass: arrived,
    onStatus: now => {
      polling = now;
      onStatus({ polling });
      if (polling.lastSuccess !== null || polling.lastError !== null) firstAttemptEnded();
    },
  });

  function reportWebhook(): void {
    reportDue?.();
    reportDue = null;
    if (webhook === null || address === null) return;
    const stats = webhook.stats();
    const refused = Object.entries(stats.answers).filter(([status]) => Number(status) >= 400);
    const status: WebhookStatus = {
      address: formatListenAddress(address),
      signature: stats.signed,
      publicUrl: lastPublicUrl,
      accepted: stats.messages,
      rejected: refused.reduce((sum, [, count]) => sum + count, 0),
      lastError: trouble,
    };
    onStatus({ webhook: status });
  }

  const publicUrl = (url: string | null) => {
    if (url === null || url === lastPublicUrl) return;
    lastPublicUrl = url;
    options.onPublicUrl(url);
    reportWebhook();
  };

  /** One pass at a time; what was asked for meanwhile is one more. */
  const fetchMissed = async (): Promise<void> => {
    if (++catchUpsDue > 1) return;
    upToDate = false;
    while (catchUpsDue > 0 && running) {
      const served = catchUpsDue;
      await poller.catchUp();
      catchUpsDue -= served;
    }
    upToDate = running;
    // Nothing is polled from here on: an interval would be a wrong thing to say.
    if (running) onStatus({ polling: null });
  };

  const catchUp = () => {
    if (!running) return;
    if (byPolling) poller.pollNow();
    else if (config.polling.catchUp) void fetchMissed();
  };

  const openFunnel = (target: ListenAddress) => {
    funnel = createFunnel({
      ...config.tailscale,
      target: funnelTarget(target),
      path: config.webhook.path,
      registers: config.webhook.register,
      clock,
      random,
      log,
      onState: ({ phase, url, problem }) => {
        onStatus({ tunnel: { phase, url, reason: problem?.reason ?? null, hint: problem?.hint ?? null } });
        publicUrl(url);
        // Kapso tries a delivery for a minute or two only.
        if (phase === 'open' && !tunnelWasOpen) catchUp();
        tunnelWasOpen = phase === 'open';
      },
    });
    funnel.start();
  };

  return {
    start: async () => {
      if (webhook === null) return;
      address = (await webhook.start()).address;
      reportWebhook();
      if (config.mode === 'tailscale') openFunnel(address);
      else if (config.webhook.publicUrl !== undefined) {
        const { publicUrl: url, path, register } = config.webhook;
        if (!register) log.info({}, `register this webhook URL in Kapso: ${url}`);
        const warning = pathWarning(url, path);
        if (warning !== null) log.warn({}, warning);
        publicUrl(url);
      }
    },
    run: async caughtUp => {
      running = true;
      if (!byWebhook) caughtUp();
      else firstAttemptEnded = caughtUp;
      if (byWebhook && ((await store.cursor()) === null || !(byPolling || config.polling.catchUp))) caughtUp();
      if (byPolling) return poller.run();
      // No pass will come to complete the one that a crash has cut short.
      if (!config.polling.catchUp) arrived(await store.releaseHeld(true));
      if (config.polling.catchUp) await fetchMissed();
      else upToDate = true;
    },
    once: poller.once,
    busy: () => !running || catchUpsDue > 0,
    overdue: () => {
      // Beside webhooks nothing is asked for between two catch-ups.
      if (polling === null || !(byPolling || catchUpsDue > 0)) return null;
      const timeout = config.kapso.timeout * 1000;
      return whatIsOverdue({ polling: poller.attempts(), askedAt, timeout, at: clock.monotonic() });
    },
    pollNow: () => (byPolling ? poller.pollNow() : catchUp()),
    catchUp,
    look: async () => {
      if (!byWebhook) return;
      await store.probe().then(
        () => {
          trouble = null;
        },
        (error: unknown) => {
          trouble = describeError(error);
        },
      );
      reportWebhook();
      // Not the present: webhooks that no longer come are what the next start must catch up with. And not the newest
      // delivery: it may be the first after a gap that a catch-up is just being asked for.
      const near = deliveredBefore - cursorLag;
      deliveredBefore = lastTaken;
      if (byPolling || !upToDate || trouble !== null) return;
      const cursor = await store.cursor();
      if (cursor !== null && near > cursor) await store.setCursor(near);
    },
    close: async grace => {
      running = false;
      reportDue?.();
      poller.stop();
      await Promise.all([webhook?.close(grace), funnel?.close()]);
    },
  };
}
