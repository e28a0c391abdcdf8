import type { Clock } from '../clock.ts';
import type { AccountConfig } from '../config/load.ts';
import type { KapsoClient } from '../kapso/client.ts';
import { normaliseListRow } from '../kapso/inbound/normalise.ts';
import type { Normalised } from '../kapso/inbound/normalised.ts';
import { pageTimeouts } from '../kapso/message-list.ts';
import type { Log } from '../observe/log.ts';
import type { PollingStatus, Status } from '../observe/status.ts';
import type { Store } from '../store/store.ts';
import { createArrivals } from './accept-messages.ts';
import { classifyFailure } from './polling/classify-failure.ts';
import { createClockCheck } from './polling/clock-check.ts';
import { createFallbackInterval } from './polling/fallback-interval.ts';
import { createKapsoTime, newestOwnTime } from './polling/kapso-time.ts';
import { createPoller } from './polling/poll.ts';
import { stuckReason } from './polling/stuck-check.ts';
import type { LaneOf } from './to-entries.ts';
import { createWebhookSource } from './webhook/webhook-source.ts';

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
  /** The time by Kapso's clock, ms since the epoch; null until Kapso has told it. */
  kapsoNow(): number | null;
  /** What should have happened long ago, in a sentence; null when all goes on. Failures to reach Kapso are none of it. */
  stuck(): string | null;
  /** To be called when a way in was closed for a time: fetches what could not be delivered meanwhile. */
  catchUp(): void;
  /** To be called now and then: notices a store that works again, or a clock that is wrong, and keeps the cursor near. */
  tick(): Promise<void>;
  /** Up to when messages have surely been seen, by Kapso's or WhatsApp's clock, ms since the epoch; null where nothing tells. */
  seenUpTo(): Promise<number | null>;
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
  const checkClock = createClockCheck({ kapsoTime, clock, log, onStatus });
  const byWebhook = config.mode !== 'polling';
  const byPolling = !byWebhook || config.polling.fallback;
  let firstAttemptEnded: () => void = () => undefined;
  let upToDate = false;
  let running = false;
  let catchUpsDue = 0;
  let deliveredBefore: number | null = null;
  let polling: PollingStatus | null = null;
  let askedAt = 0;
  let longest = 0;
  const arrivals = createArrivals(options);
  const { arrived } = arrivals;
  const entriesOf = (items: readonly Normalised[]) => {
    const newest = newestOwnTime(items);
    if (newest !== null) kapsoTime.observeMessage(newest);
    checkClock();
    return arrivals.entriesOf(items);
  };
  const webhook = byWebhook
    ? createWebhookSource({
        ...options,
        kapsoTime,
        accept: async items => arrived(await store.accept(entriesOf(items))),
        onOpen: () => catchUp(),
      })
    : null;

  const timing = {
    get interval() {
      return pace().interval * 1000;
    },
    healthy: () => webhook?.healthy() ?? false,
  };
  const poller = createPoller({
    fetchPage: query => {
      askedAt = clock.monotonic();
      const { headers, body } = pageTimeouts(config.kapso.timeout * 1000, query.limit);
      longest = headers + body;
      const answer = options.kapso.listMessages({ direction: 'inbound', ...query });
      answer.then(
        ({ serverTime }) => {
          kapsoTime.observe(serverTime);
          checkClock();
        },
        () => undefined,
      );
      return answer;
    },
    classify: classifyFailure,
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
    ...(byWebhook ? { nextInterval: createFallbackInterval(timing) } : {}),
    onKept: arrived,
    onStatus: now => {
      polling = now;
      onStatus({ polling });
      if (polling.lastSuccess !== null || polling.lastError !== null) firstAttemptEnded();
    },
  });

  poller.noteStart();

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

  return {
    start: async () => webhook?.start(),
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
    kapsoNow: kapsoTime.byKapso,
    busy: () => !running || catchUpsDue > 0,
    stuck: () => {
      // Beside webhooks nothing is asked for between two catch-ups.
      if (polling === null || !(byPolling || catchUpsDue > 0)) return null;
      return stuckReason({ polling: poller.attempts(), askedAt, longest, at: clock.monotonic() });
    },
    pollNow: () => (byPolling ? poller.pollNow() : catchUp()),
    catchUp,
    tick: async () => {
      checkClock();
      if (webhook === null) return;
      await webhook.tick();
      // Not the present: webhooks that no longer come are what the next start must catch up with. And not the newest
      // delivery: it may be the first after a gap that a catch-up is just being asked for.
      const delivered = deliveredBefore;
      deliveredBefore = webhook.newestTaken();
      if (delivered === null || byPolling || !upToDate || webhook.trouble() !== null) return;
      const near = Math.min(delivered, kapsoTime.earliest()) - cursorLag;
      const cursor = await store.cursor();
      if (cursor !== null && near > cursor) await store.setCursor(near, { proven: true });
    },
    seenUpTo: async () => (await store.proven()) ?? webhook?.newestTaken() ?? null,
    close: async grace => {
      running = false;
      poller.stop();
      await webhook?.close(grace);
    },
  };
}
