import type { AppEvent } from '../../observe/events.ts';

/** What a webhook server has seen since it was created. */
export interface WebhookStats {
  /** False while deliveries are accepted without a signature. */
  signed: boolean;
  /** Connections that are open now. */
  connections: number;
  /** Connections closed to make room for others. */
  connectionsEvicted: number;
  /** Answers by HTTP status. */
  answers: Record<string, number>;
  /** Messages handed to the inbox, known ones included. */
  messages: number;
  /** Items that could not be read and were kept for the operator. */
  unreadable: number;
  /** Items that were answered 200 and not kept, by reason. */
  skipped: Record<string, number>;
  /** Sends that WhatsApp reported as failed, by Meta's error code. */
  failedSends: Record<string, number>;
}

/** Senders decide the reasons. Above this many different ones they are counted together. */
const maxNames = 100;

type Counted = Omit<WebhookStats, 'signed' | 'connections' | 'connectionsEvicted'>;

/** Counts each answer and each delivery by a call, since they are many, and the rest by events. */
export interface WebhookStatsRecorder {
  answered(status: number): void;
  took(kind: 'messages' | 'unreadable'): void;
  /** `code` is Meta's; null without one. */
  sendFailed(code: number | null): void;
  /** A listener of events. */
  heard(event: AppEvent): void;
  read(): Counted;
}

export function createWebhookStats(): WebhookStatsRecorder {
  const answers = new Map<string, number>();
  const skipped = new Map<string, number>();
  const failedSends = new Map<string, number>();
  const taken = { messages: 0, unreadable: 0 };

  const count = (counts: Map<string, number>, name: string) => {
    const key = counts.has(name) || counts.size < maxNames ? name : 'other';
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };

  return {
    answered: status => count(answers, String(status)),
    took: kind => {
      taken[kind] += 1;
    },
    sendFailed: code => count(failedSends, code === null ? 'unknown' : String(code)),
    heard: event => {
      switch (event.type) {
        case 'item skipped':
        case 'sample skipped':
        case 'other number skipped':
          return count(skipped, event.reason);
      }
    },
    read: () => ({
      answers: Object.fromEntries(answers),
      ...taken,
      skipped: Object.fromEntries(skipped),
      failedSends: Object.fromEntries(failedSends),
    }),
  };
}
