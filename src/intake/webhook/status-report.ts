import type { Clock } from '../../clock.ts';
import { formatListenAddress, type ListenAddress } from '../../config/listen-address.ts';
import { skip } from '../../kapso/inbound/skip-reasons.ts';
import type { WebhookStatus } from '../../observe/status.ts';
import type { WebhookStats } from './stats.ts';

/** Builds the webhook's part of the status. `trouble` is why nothing can be stored at present, or null. */
export function webhookStatus(
  stats: WebhookStats,
  now: { address: ListenAddress; publicUrl: string | null; trouble: string | null },
): WebhookStatus {
  const refusals = Object.fromEntries(Object.entries(stats.answers).filter(([status]) => Number(status) >= 400));
  return {
    address: formatListenAddress(now.address),
    signature: stats.signed,
    publicUrl: now.publicUrl,
    accepted: stats.messages,
    rejected: sumOf(refusals),
    refusals,
    otherNumber: stats.skipped[skip.otherNumber] ?? 0,
    failedSends: sumOf(stats.failedSends),
    lastError: now.trouble,
  };
}

function sumOf(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** Milliseconds: one status a second is enough. */
const every = 1000;

export interface Report {
  now(): void;
  soon(): void;
  stop(): void;
}

/** Calls `report` at once, or once for everything that happens within a second. */
export function createReport(report: () => void, clock: Clock): Report {
  let cancel: (() => void) | null = null;
  const now = () => {
    cancel?.();
    cancel = null;
    report();
  };
  return {
    now,
    soon: () => {
      cancel ??= clock.after(every, now);
    },
    stop: () => cancel?.(),
  };
}
