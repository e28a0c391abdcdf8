import type { Clock } from '../clock.ts';
import type { AccountConfig } from '../config/load.ts';
import type { KapsoClient } from '../kapso/client.ts';
import type { Normalised } from '../kapso/message.ts';
import { normaliseListRow, normaliseWebhook } from '../kapso/normalise.ts';
import { describeError, type Log } from '../observe/log.ts';
import type { Status, WebhookStatus } from '../observe/status.ts';
import type { Store } from '../store/store.ts';
import { type LaneOf, toEntries } from './entry.ts';
import { judgeFailure } from './judge.ts';
import { formatListenAddress, type ListenAddress, parseListenAddress } from './listen-address.ts';
import { createFallbackPace } from './pace.ts';
import { createPoller } from './poll.ts';
import { createFunnel, type Funnel, funnelTarget } from './tailscale.ts';
import { createWebhookServer } from './webhook-server.ts';

export interface ReceiverOptions {
  config: AccountConfig;
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
  pollNow(): void;
  /** To be called now and then: notices a store that works again, and keeps the cursor near. */
  look(): Promise<void>;
  /** Takes nothing new; requests under way may end within `grace` ms. */
  close(grace: number): Promise<void>;
}

/** While only webhooks receive, the cursor for the next start's catch-up stays this far (ms) behind the present. */
const cursorLag = 3_600_000;

/** The ways in, as the mode says: polling, webhooks, or both into the same store. */
export function createReceiver(options: ReceiverOptions): Receiver {
  const { config, store, clock, random, log, onStatus } = options;
  const { phoneNumberId } = config.kapso;
  const byWebhook = config.mode !== 'polling';
  const byPolling = !byWebhook || config.polling.fallback;
  let trouble: string | null = null;
  let funnel: Funnel | null = null;
  let address: ListenAddress | null = null;
  let lastPublicUrl: string | null = null;
  let firstAttemptEnded: () => void = () => undefined;
  let upToDate = false;
  let reportDue: (() => void) | null = null;

  const entriesOf = (items: Normalised[]) => toEntries(items, { lane: options.lane, log });
  const arrived = ({ inserted, lanes }: { inserted: number; lanes: string[] }) => {
    if (inserted > 0) onStatus({ lastMessageAt: clock.now() });
    if (lanes.length > 0) options.onAccepted(lanes);
  };

  const createWebhook = () =>
    createWebhookServer({
      ...config.webhook,
      listen: parseListenAddress(config.webhook.listen),
      verifyToken: config.webhook.verifyToken ?? null,
      secrets: config.webhook.secret,
      phoneNumberId,
      normalise: normaliseWebhook,
      ready: () => trouble,
      clock,
      log,
      accept: async items => {
        try {
          const { inserted, lanes } = await store.accept(entriesOf(items));
        arrived({ inserted: inserted.length, lanes });
          trouble = null;
        } catch (error) {
          trouble = describeError(error);
          throw error;
        } finally {
          reportWebhook();
        }
      },
    });

  const webhook = byWebhook ? createWebhook() : null;

  const healthy = () =>
    trouble === null &&
    webhook !== null &&
    webhook.stats().lastDeliveryAt !== null &&
    (funnel === null || funnel.state.phase === 'open');
  const interval = config.polling.interval * 1000;
  const poller = createPoller({
    fetchPage: query => options.kapso.listMessages({ direction: 'inbound', ...query }),
    judge: judgeFailure,
    normalise: row => normaliseListRow(row, { phoneNumberId }),
    toEntries: entriesOf,
    store,
    clock,
    random,
    log,
    stateDir: config.state.dir,
    interval,
    ...(byWebhook ? { pace: createFallbackPace({ interval, healthy }) } : {}),
    overlap: config.polling.overlap * 1000,
    onPass: arrived,
    onStatus: polling => {
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
    log.info({ url }, `register this webhook URL in Kapso: ${url}`);
    options.onPublicUrl(url);
    reportWebhook();
  };

  const openFunnel = (target: ListenAddress) => {
    funnel = createFunnel({
      ...config.tailscale,
      target: funnelTarget(target),
      path: config.webhook.path,
      clock,
      random,
      log,
      onState: ({ phase, url, problem }) => {
        onStatus({ tunnel: { phase, url, reason: problem?.reason ?? null, hint: problem?.hint ?? null } });
        publicUrl(url);
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
      else publicUrl(config.webhook.publicUrl ?? null);
    },
    run: async caughtUp => {
      if (!byWebhook) caughtUp();
      else firstAttemptEnded = caughtUp;
      if (byWebhook && ((await store.cursor()) === null || !(byPolling || config.polling.catchUp))) caughtUp();
      if (byPolling) return poller.run();
      if (config.polling.catchUp) await poller.catchUp();
      upToDate = true;
    },
    pollNow: poller.pollNow,
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
      const cursor = await store.cursor();
      const near = clock.now() - cursorLag;
      if (!byPolling && upToDate && cursor !== null && trouble === null && near > cursor) await store.setCursor(near);
    },
    close: async grace => {
      poller.stop();
      await Promise.all([webhook?.close(grace), funnel?.close()]);
    },
  };
}
