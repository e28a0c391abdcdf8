import { numbersOf } from '../observe/account-status.ts';
import type { Status } from '../observe/status.ts';

/** What /live says: `store` when the inbox cannot be written, `polling` when polling is stuck. */
export type Health = 'ok' | 'store' | 'polling';

/** What /ready says, in fixed words: whoever reaches the address may read it. */
export interface Readiness {
  ready: boolean;
  store: 'ok' | 'failing';
  polling: 'ok' | 'starting' | 'failing' | 'off';
  webhook: 'ok' | 'starting' | 'failing' | 'off';
  /** It is no condition: what comes while the gateway is away is kept for it. */
  gateway: string;
}

/**
 * Whether messages are taken in: the inbox can be written, and one of the ways into it works. By webhooks that is so when
 * the server takes deliveries and, in the mode tailscale, the tunnel to it is open.
 *
 * Of several numbers one that is taken in is enough: another answer would stop it for the sake of those that are not.
 */
export function readinessOf(
  status: Pick<Status, 'mode' | 'polling' | 'webhook' | 'tunnel' | 'gateway' | 'accounts'>,
  health: Health,
): Readiness {
  const { mode, webhook, tunnel, gateway } = status;
  const polled = new Set(numbersOf(status).map(({ of }) => pollingOf(mode, of.polling)));
  const ways = {
    polling: (['ok', 'starting', 'failing', 'off'] as const).find(state => polled.has(state)) ?? 'off',
    webhook: mode === 'polling' ? 'off' : webhookOf(mode, webhook, tunnel),
  } as const;
  const store = health === 'store' ? 'failing' : 'ok';
  const takes = ways.polling === 'ok' || ways.webhook === 'ok';
  return { ready: store === 'ok' && takes, store, ...ways, gateway: gateway.phase };
}

function pollingOf(mode: string, polling: Status['polling']): Readiness['polling'] {
  if (polling === null) return mode === 'polling' ? 'starting' : 'off';
  if (polling.lastError !== null) return 'failing';
  return polling.lastSuccess === null ? 'starting' : 'ok';
}

function webhookOf(mode: string, webhook: Status['webhook'], tunnel: Status['tunnel']): Readiness['webhook'] {
  if (webhook === null) return 'starting';
  const isOpen = mode !== 'tailscale' || tunnel?.phase === 'open';
  return webhook.lastError === null && isOpen ? 'ok' : 'failing';
}
