import type { Clock } from '../../clock.ts';
import { type ListenAddress, parseListenAddress } from '../../config/listen-address.ts';
import type { Config } from '../../config/load.ts';
import type { Emit } from '../../observe/events.ts';
import type { Part } from '../../part.ts';
import { pathWarning } from '../registration/register-webhook.ts';
import { createFunnel, type Funnel, funnelTarget } from '../tunnel/tailscale.ts';
import { createWebhookServer, type WebhookNumber, type WebhookServer } from './server.ts';
import { createReport, webhookStatus } from './status-report.ts';

export interface WebhookListenerDeps {
  config: Config;
  /** An open socket for the webhook. Without it, `webhook.listen` is bound. */
  webhookSocket?: { fd: number } | undefined;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  emit: Emit;
}

/** A number that takes its deliveries from the listener. */
export interface ListeningNumber extends WebhookNumber {
  /** Returns why nothing can be stored at present, as a sentence, or null. */
  trouble: () => string | null;
  /** Called when the tunnel has opened: earlier messages could not be delivered. */
  onOpen: () => void;
  /** Called with the address that Kapso must deliver to, when it is known and when it changes. */
  onPublicUrl: (url: string) => void;
}

/** Where the deliveries of all numbers come in: the server, the tunnel to it when the mode has one, and the status of both. */
export interface WebhookListener extends Part {
  /** Takes deliveries for this number too. Call it before the start. */
  attach(number: ListeningNumber): void;
  /** Whether deliveries can arrive. */
  isOpen(): boolean;
  /** Brings the status up to date, now or soon. */
  report: { now(): void; soon(): void };
}

export function createWebhookListener(deps: WebhookListenerDeps): WebhookListener {
  const { config, clock, emit } = deps;
  const numbers: ListeningNumber[] = [];
  const tunnel = { current: null as Funnel | null };
  let server: WebhookServer | null = null;
  let address: ListenAddress | null = null;
  let publicUrl: string | null = null;

  const trouble = () => numbers.map(number => number.trouble()).find(reason => reason !== null) ?? null;
  const report = createReport(() => {
    if (address === null || server === null) return;
    emit({
      type: 'webhook changed',
      webhook: webhookStatus(server.stats(), { address, publicUrl, trouble: trouble() }),
    });
  }, clock);

  function announce(url: string | null): void {
    if (url === null || url === publicUrl) return;
    publicUrl = url;
    for (const { onPublicUrl } of numbers) onPublicUrl(url);
    report.now();
  }

  return {
    attach: number => numbers.push(number),
    isOpen: () => tunnel.current === null || tunnel.current.state.phase === 'open',
    report,
    start: async () => {
      const { verifyToken = null, publicUrl: url, path, register } = config.webhook;
      server = createWebhookServer({
        ...config.webhook,
        listen: deps.webhookSocket ?? parseListenAddress(config.webhook.listen),
        verifyToken,
        numbers,
        ready: trouble,
        clock,
        emit,
        onRefused: report.soon,
      });
      ({ address } = await server.start());
      report.now();
      const onOpen = () => {
        for (const number of numbers) number.onOpen();
      };
      if (config.mode === 'tailscale') tunnel.current = openTunnel(deps, address, { announce, onOpen });
      else if (url === undefined) emit({ type: 'registration needed', url: null, path });
      else {
        if (!register) emit({ type: 'registration needed', url, path });
        const warning = pathWarning(url, path);
        if (warning !== null) emit({ type: 'public path differs', warning });
        announce(url);
      }
    },
    stop: async grace => {
      report.stop();
      await Promise.all([server?.close(grace), tunnel.current?.close()]);
    },
  };
}

/** Opens the tunnel to the server. `announce` is called with its address whenever its state changes. */
function openTunnel(
  deps: WebhookListenerDeps,
  address: ListenAddress,
  { announce, onOpen }: { announce: (url: string | null) => void; onOpen: () => void },
): Funnel {
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
      if (phase === 'open' && !wasOpen) onOpen();
      wasOpen = phase === 'open';
    },
  });
  funnel.start();
  return funnel;
}
