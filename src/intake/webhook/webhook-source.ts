import type { Clock } from '../../clock.ts';
import { type ListenAddress, parseListenAddress } from '../../config/listen-address.ts';
import type { AccountConfig } from '../../config/load.ts';
import type { Emit } from '../../observe/events.ts';
import { describeError } from '../../observe/log.ts';
import type { Part } from '../../part.ts';
import { DisplacedError } from '../../state/place.ts';
import type { Store } from '../../store/store.ts';
import type { Intake } from '../accept.ts';
import { type KapsoTime, newestOwnTime } from '../kapso-time.ts';
import { pathWarning } from '../registration/register-webhook.ts';
import type { SentStatuses } from '../statuses/sent-statuses.ts';
import { createFunnel, type Funnel, funnelTarget } from '../tunnel/tailscale.ts';
import type { Delivered } from './delivery.ts';
import { createWebhookServer } from './server.ts';
import { createReport, webhookStatus } from './status-report.ts';

export interface WebhookSourceDeps {
  config: AccountConfig;
  webhookSocket?: { fd: number } | undefined;
  /** See `WebhookServerDeps`. */
  findSecrets?: (() => readonly string[]) | undefined;
  store: Pick<Store, 'probe' | 'displaced'>;
  intake: Pick<Intake, 'accept'>;
  sentStatuses: SentStatuses;
  kapsoTime: KapsoTime;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  /** Called when the tunnel has opened: earlier messages could not be delivered. */
  onOpen: () => void;
  emit: Emit;
  onPublicUrl: (url: string) => void;
}

/** The source of webhooks: the server, the tunnel to it when the mode has one, and the status of both. */
export interface WebhookSource extends Part {
  start(): Promise<void>;
  /** Whether deliveries arrive and can be stored. */
  healthy(): boolean;
  /** Returns why nothing can be stored at present, or null. */
  trouble(): string | null;
  /**
   * When WhatsApp took the newest message that was delivered and stored, in milliseconds since the epoch; null before
   * the first.
   */
  newestTaken(): number | null;
  /** Notices a store that works again. Call it regularly. */
  tick(): Promise<void>;
  stop(grace: number): Promise<void>;
}

export function createWebhookSource(deps: WebhookSourceDeps): WebhookSource {
  const { config, clock, emit } = deps;
  // A delivery is counted only when it is finished.
  const taking = createTaking(deps, () => report.soon());
  const tunnel = { current: null as Funnel | null };
  let address: ListenAddress | null = null;
  let publicUrl: string | null = null;

  const report = createReport(() => {
    if (address === null) return;
    const webhook = webhookStatus(server.stats(), { address, publicUrl, trouble: taking.trouble() });
    emit({ type: 'webhook changed', webhook });
  }, clock);
  const server = createWebhookServer({
    ...config.webhook,
    listen: deps.webhookSocket ?? parseListenAddress(config.webhook.listen),
    verifyToken: config.webhook.verifyToken ?? null,
    secrets: config.webhook.secret,
    ...(deps.findSecrets && { findSecrets: deps.findSecrets }),
    phoneNumberId: config.kapso.phoneNumberId,
    kapsoNow: deps.kapsoTime.now,
    ready: taking.trouble,
    clock,
    emit,
    onRefused: report.soon,
    accept: taking.take,
  });

  function announce(url: string | null): void {
    if (url === null || url === publicUrl) return;
    publicUrl = url;
    deps.onPublicUrl(url);
    report.now();
  }

  return {
    start: async () => {
      ({ address } = await server.start());
      report.now();
      const { publicUrl: url, path, register } = config.webhook;
      if (config.mode === 'tailscale') tunnel.current = openTunnel(deps, address, announce);
      else if (url !== undefined) {
        if (!register) emit({ type: 'registration needed', url });
        const warning = pathWarning(url, path);
        if (warning !== null) emit({ type: 'public path differs', warning });
        announce(url);
      }
    },
    healthy: () =>
      taking.trouble() === null &&
      server.stats().lastDeliveryAt !== null &&
      (tunnel.current === null || tunnel.current.state.phase === 'open'),
    trouble: taking.trouble,
    newestTaken: taking.newest,
    tick: async () => {
      await taking.probe();
      await deps.sentStatuses.again();
      report.now();
    },
    stop: async grace => {
      report.stop();
      await Promise.all([server.close(grace), tunnel.current?.close()]);
    },
  };
}

/** Takes deliveries into the inbox and remembers the outcome. `onEnd` is called after each. */
function createTaking(
  {
    intake,
    sentStatuses,
    store,
    kapsoTime,
  }: Pick<WebhookSourceDeps, 'intake' | 'sentStatuses' | 'store' | 'kapsoTime'>,
  onEnd: () => void,
) {
  let lastTrouble: string | null = null;
  let newestTaken: number | null = null;
  return {
    take: async ({ items, statuses }: Delivered): Promise<void> => {
      try {
        // Read before the messages are noted: one that claims to come from the future proves no more than the present.
        const present = kapsoTime.now();
        const accepted = items.length > 0 ? intake.accept(items) : null;
        // Side by side, so that one transaction has both.
        await (statuses.length === 0 ? accepted : Promise.all([accepted, sentStatuses.take(statuses)]));
        lastTrouble = null;
        const newest = newestOwnTime(items);
        if (newest !== null) newestTaken = Math.max(newestTaken ?? 0, Math.min(newest, present));
      } catch (error) {
        lastTrouble = lastingTrouble(error);
        throw error;
      } finally {
        onEnd();
      }
    },
    newest: () => newestTaken,
    trouble: (): string | null => {
      const displaced = store.displaced();
      return displaced === null ? lastTrouble : describeError(displaced);
    },
    probe: async (): Promise<void> => {
      lastTrouble = await store.probe().then(() => null, lastingTrouble);
    },
  };
}

/** Opens the tunnel to the server. `announce` is called with its address whenever its state changes. */
function openTunnel(deps: WebhookSourceDeps, address: ListenAddress, announce: (url: string | null) => void): Funnel {
  const { config } = deps;
  let wasOpen = false;
  const funnel = createFunnel({
    ...config.tailscale,
    ...deps,
    target: funnelTarget(address),
    path: config.webhook.path,
    registers: config.webhook.register,
    onState: ({ phase, url }) => {
      announce(url);
      // Kapso repeats a delivery for only a minute or two.
      if (phase === 'open' && !wasOpen) deps.onOpen();
      wasOpen = phase === 'open';
    },
  });
  funnel.start();
  return funnel;
}

/** Whether the store is displaced is checked each time: the check is cheap, and the state may change at any moment. */
function lastingTrouble(error: unknown): string | null {
  return error instanceof DisplacedError ? null : describeError(error);
}
