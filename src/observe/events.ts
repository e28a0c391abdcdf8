import type { GatewayStatus, PollingStatus, RegistrationStatus, TunnelStatus, WebhookStatus } from './status.ts';

/**
 * What happened. Each event is emitted once, where it happens. Messages are named by their id. Times are milliseconds
 * since the epoch.
 */
export type AppEvent =
  | { type: 'messages accepted'; count: number }
  /** An item arrived that cannot be read. It is kept as failed. */
  | { type: 'unreadable kept'; message: string; reason: string }
  /** This machine's clock is wrong. `ahead` is the milliseconds that it is ahead of Kapso's, negative when behind. */
  | { type: 'own clock wrong'; own: number; ahead: number }
  | { type: 'own clock right'; own: number }
  /**
   * Kapso's clock and this machine's differ by more than polling's position can ignore. `ahead` is the milliseconds
   * that Kapso's is ahead.
   */
  | { type: 'clocks differ'; ahead: number }
  | { type: 'clocks agree' }
  /** Null when nothing is polled any more. */
  | { type: 'polling changed'; polling: PollingStatus | null }
  /** `asked` is what Kapso asked for, when the pause is shorter; else null. `pause` is the wait in milliseconds. */
  | { type: 'poll failed'; error: string; asked: string | null; pause: number; needsOperator: boolean }
  | { type: 'poll works again' }
  | { type: 'messages polled'; found: number; seen: number }
  /** A pass reached its bounds before the end of the list. */
  | { type: 'list without end'; seen: number; reason: string }
  | { type: 'pass given up'; error: unknown }
  /** What an abandoned pass had read could not be released. */
  | { type: 'pass not released'; error: unknown }
  /** The store refused what was polled. */
  | { type: 'pass not stored'; error: unknown }
  | { type: 'webhook changed'; webhook: WebhookStatus }
  | { type: 'tunnel changed'; tunnel: TunnelStatus }
  | { type: 'registration changed'; registration: RegistrationStatus }
  | { type: 'gateway changed'; gateway: GatewayStatus }
  /** The gateway takes no message until somebody changes something there. Null when it takes messages again. */
  | { type: 'obstacle changed'; obstacle: { reason: string; hint: string | null } | null }
  | { type: 'message settled'; message: string; outcome: string }
  | { type: 'message failed'; message: string; reason: string }
  /** An attempt failed, and others follow. */
  | { type: 'message deferred'; message: string; reason: string; attempts: number; until: number }
  /** A conversation could not be worked on. */
  | { type: 'turn failed'; lane: string; error: unknown }
  | { type: 'store displaced'; error: Error; hint: string | undefined }
  | { type: 'store back' };

/** Tells every listener. It throws only when a listener does. */
export type Emit = (event: AppEvent) => void;

/** Tells the listeners in their order, before `emit` returns. */
export function createEvents(listeners: readonly Emit[]): Emit {
  return event => {
    for (const listener of listeners) listener(event);
  };
}
