import type { Clock } from '../../clock.ts';
import { formatListenAddress, type ListenAddress, parseListenAddress } from '../../config/listen-address.ts';
import type { AccountConfig } from '../../config/load.ts';
import { normaliseWebhook } from '../../kapso/inbound/normalise.ts';
import type { Normalised } from '../../kapso/inbound/normalised.ts';
import { skip } from '../../kapso/inbound/skip-reasons.ts';
import { describeError, type Log } from '../../observe/log.ts';
import type { Status } from '../../observe/status.ts';
import { DisplacedError } from '../../state/place.ts';
import type { Store } from '../../store/store.ts';
import { type KapsoTime, newestOwnTime } from '../polling/kapso-time.ts';
import { pathWarning } from '../registration/register-webhook.ts';
import { createFunnel, type Funnel, funnelTarget } from '../tunnel/tailscale.ts';
import { createWebhookServer } from './server.ts';

export interface WebhookSourceDeps {
  config: AccountConfig;
  webhookSocket?: { fd: number } | undefined;
  /** See `WebhookServerDeps`. */
  findSecrets?: (() => readonly string[]) | undefined;
  store: Pick<Store, 'probe' | 'displaced'>;
  kapsoTime: KapsoTime;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  /** Takes what was delivered; resolves when it is on disk. */
  accept: (items: Normalised[]) => Promise<void>;
  /** Called when the tunnel has opened: what came until then could not be delivered. */
  onOpen: () => void;
  onStatus: (change: Partial<Status>) => void;
  onPublicUrl: (url: string) => void;
}

/** The way in by webhook: the server, the tunnel to it where the mode has one, and what the status says of both. */
export interface WebhookSource {
  start(): Promise<void>;
  /** Whether deliveries come, and can be stored. */
  healthy(): boolean;
  /** Why nothing can be stored at present; null when all is well. */
  trouble(): string | null;
  /** When WhatsApp took the newest message that was delivered and stored, ms since the epoch; null before the first. */
  newestTaken(): number | null;
  /** To be called now and then: notices a store that works again. */
  tick(): Promise<void>;
  close(grace: number): Promise<void>;
}

export function createWebhookSource(deps: WebhookSourceDeps): WebhookSource {
  const { config, store, kapsoTime, clock, random, log, onStatus } = deps;
  let lastTrouble: string | null = null;
  let funnel: Funnel | null = null;
  let address: ListenAddress | null = null;
  let publicUrl: string | null = null;
  let wasOpen = false;
  let newestTaken: number | null = null;
  let cancelReport: (() => void) | null = null;

  const server = createWebhookServer({
    ...config.webhook,
    listen: deps.webhookSocket ?? parseListenAddress(config.webhook.listen),
    verifyToken: config.webhook.verifyToken ?? null,
    secrets: config.webhook.secret,
    ...(deps.findSecrets && { findSecrets: deps.findSecrets }),
    phoneNumberId: config.kapso.phoneNumberId,
    normalise: (payload, headers, context) => normaliseWebhook(payload, headers, { ...context, now: kapsoTime.now() }),
    ready: trouble,
    clock,
    log,
    onRefused: reportSoon,
    accept: async items => {
      try {
        // Asked before the messages are heard of: one that claims to come from the future proves no more than the present.
        const present = kapsoTime.now();
        await deps.accept(items);
        lastTrouble = null;
        const newest = newestOwnTime(items);
        if (newest !== null) newestTaken = Math.max(newestTaken ?? 0, Math.min(newest, present));
      } catch (error) {
        lastTrouble = lastingTrouble(error);
        throw error;
      } finally {
        // Counted only when this has returned.
        reportSoon();
      }
    },
  });

  function trouble(): string | null {
    const displaced = store.displaced();
    return displaced === null ? lastTrouble : describeError(displaced);
  }

  /** A status a second is enough. */
  function reportSoon(): void {
    cancelReport ??= clock.after(1000, report);
  }

  function report(): void {
    cancelReport?.();
    cancelReport = null;
    if (address === null) return;
    const { answers, signed, messages, skipped, failedSends } = server.stats();
    const refusals = Object.fromEntries(Object.entries(answers).filter(([status]) => Number(status) >= 400));
    onStatus({
      webhook: {
        address: formatListenAddress(address),
        signature: signed,
        publicUrl,
        accepted: messages,
        rejected: Object.values(refusals).reduce((sum, count) => sum + count, 0),
        refusals,
        otherNumber: skipped[skip.otherNumber] ?? 0,
        failedSends: Object.values(failedSends).reduce((sum, count) => sum + count, 0),
        lastError: trouble(),
      },
    });
  }

  function announce(url: string | null): void {
    if (url === null || url === publicUrl) return;
    publicUrl = url;
    deps.onPublicUrl(url);
    report();
  }

  function openFunnel(target: ListenAddress): void {
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
        announce(url);
        // Kapso tries a delivery for a minute or two only.
        if (phase === 'open' && !wasOpen) deps.onOpen();
        wasOpen = phase === 'open';
      },
    });
    funnel.start();
  }

  return {
    start: async () => {
      address = (await server.start()).address;
      report();
      const { publicUrl: url, path, register } = config.webhook;
      if (config.mode === 'tailscale') openFunnel(address);
      else if (url !== undefined) {
        if (!register) log.info({}, `register this webhook URL in Kapso: ${url}`);
        const warning = pathWarning(url, path);
        if (warning !== null) log.warn({}, warning);
        announce(url);
      }
    },
    healthy: () =>
      trouble() === null &&
      server.stats().lastDeliveryAt !== null &&
      (funnel === null || funnel.state.phase === 'open'),
    trouble,
    newestTaken: () => newestTaken,
    tick: async () => {
      lastTrouble = await store.probe().then(() => null, lastingTrouble);
      report();
    },
    close: async grace => {
      cancelReport?.();
      await Promise.all([server.close(grace), funnel?.close()]);
    },
  };
}

/** Whether the store is displaced is asked anew each time: it costs nothing, and may pass in any moment. */
function lastingTrouble(error: unknown): string | null {
  return error instanceof DisplacedError ? null : describeError(error);
}
