import type { Clock } from '../clock.ts';
import type { AccountConfig } from '../config/load.ts';
import type { Role } from '../instances/roles.ts';
import type { KapsoClient } from '../kapso/client.ts';
import type { Emit } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import type { Part } from '../part.ts';
import type { Store } from '../store/store.ts';
import type { Intake } from './accept.ts';
import type { KapsoTime } from './kapso-time.ts';
import type { FirstStart } from './polling/first-start.ts';
import type { PollerOptions } from './polling/poll.ts';
import type { SentStatuses } from './statuses/sent-statuses.ts';
import type { IntakeRules } from './to-entries.ts';
import type { WebhookListener } from './webhook/webhook-listener.ts';

export interface ReceiverOptions extends IntakeRules {
  config: AccountConfig;
  /** Both in seconds. The function is called each time they are needed. */
  settings: () => Pick<AccountConfig['polling'], 'interval' | 'overlap'>;
  /** What people call the number, where it is one of several; null or absent where it is the only one. */
  label?: string | null;
  /** In whose name its files in the state directory are; null for the plain names. */
  owner?: string | null;
  /** Where webhooks come in. Null where the mode has none. */
  listener: WebhookListener | null;
  /** With which its webhooks are signed; see `WebhookNumber`. */
  secrets: readonly string[];
  findSecrets?: (() => readonly string[]) | undefined;
  kapso: KapsoClient;
  store: Store;
  /** Where several processes share the store, the right to poll and to catch up. */
  role?: Role | undefined;
  /** Called when commands have come. What came with them is handed over when it resolves. */
  onCommands?: (() => Promise<void>) | undefined;
  /** Whether the agent is told of an answer that could not be delivered. The function is called each time. */
  tellAgent: () => boolean;
  /** The account's first start; see `openAccount`. */
  firstStart: FirstStart;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  /** Called after the commit with the lanes that now have work. */
  wake: (lanes: readonly string[]) => void;
  /** Called after the commit with the lanes of the outbox that now have work. */
  wakeReplies: (lanes: readonly string[]) => void;
  /** Called after the commit with the id of a message that is kept as denied. */
  onDenied?: ((id: string) => void) | undefined;
  emit: Emit;
  /** Called with the address that Kapso must deliver to, when it is known and when it changes. */
  onPublicUrl: (url: string) => void;
}

export interface Receiver extends Pick<Part, 'stop'> {
  /**
   * Receives until it is stopped. It calls `caughtUp` when what came during an outage has been fetched, or when Kapso
   * is away and that has to wait. What arrives from then on is in order. It may call it more than once.
   */
  run(caughtUp: () => void): Promise<void>;
  /** Polls once in any mode and binds no listener. Rejects when Kapso cannot be asked. */
  once(): Promise<void>;
  pollNow(): void;
  /** Whether a fetch is under way, or it has not begun to receive. */
  busy(): boolean;
  /** The time by Kapso's clock, in milliseconds since the epoch; null until Kapso has told it. */
  kapsoNow(): number | null;
  /** Returns why polling is stuck, or null. A failed request is not stuck. */
  stuck(): string | null;
  /** Fetches what could not be delivered while a source was closed. Call it after such a time. */
  catchUp(): void;
  /** Notices a store that works again, or a wrong clock, and keeps the cursor recent. Call it regularly. */
  tick(): Promise<void>;
  /**
   * The time up to which all messages have surely been seen, by Kapso's or WhatsApp's clock, in milliseconds since the
   * epoch; null when unknown.
   */
  seenUpTo(): Promise<number | null>;
  /** Takes nothing new. Requests under way have `grace` milliseconds to end. */
  stop(grace: number): Promise<void>;
}

/** The parts of every mode. */
export interface ReceiverParts extends ReceiverOptions {
  kapsoTime: KapsoTime;
  checkClock: () => void;
  intake: Intake;
  sentStatuses: SentStatuses;
  /** The poller's options without its interval. */
  polling: Omit<PollerOptions, 'nextInterval'>;
}

/** The parts of the modes with webhooks. */
export interface WebhookParts extends ReceiverParts {
  listener: WebhookListener;
}
