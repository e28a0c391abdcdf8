import type { Clock } from '../clock.ts';
import type { AccountConfig } from '../config/load.ts';
import type { SessionFor } from '../domain/conversation.ts';
import type { KapsoClient } from '../kapso/client.ts';
import type { Emit } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import type { Part } from '../part.ts';
import type { Store } from '../store/store.ts';
import type { Intake } from './accept.ts';
import type { KapsoTime } from './kapso-time.ts';
import type { FirstStart } from './polling/first-start.ts';
import type { PollerOptions } from './polling/poll.ts';

export interface ReceiverOptions {
  config: AccountConfig;
  /** In seconds; asked for again each time. */
  settings: () => Pick<AccountConfig['polling'], 'interval' | 'overlap'>;
  /** See `WebhookServerDeps`. */
  findSecrets?: (() => readonly string[]) | undefined;
  /** A socket for the webhook that is open already; else `webhook.listen` is bound. */
  webhookSocket?: { fd: number } | undefined;
  kapso: KapsoClient;
  store: Store;
  sessionFor: SessionFor;
  /** Of the account; see `openAccount`. */
  firstStart: FirstStart;
  clock: Clock;
  /** 0 ≤ x < 1. */
  random: () => number;
  log: Log;
  /** Called after the commit with the lanes that have work now. */
  wake: (lanes: readonly string[]) => void;
  emit: Emit;
  /** Called once the address that Kapso is to deliver to is known, and again when it changes. */
  onPublicUrl: (url: string) => void;
}

export interface Receiver extends Part {
  /** Binds the listener, where the mode has one; resolves when it takes connections. */
  start(): Promise<void>;
  /**
   * Receives until it is stopped. `caughtUp` is called when what came during an outage has been fetched, or when that has to
   * wait because Kapso is away: what arrives from then on is in order. It may be called more than once.
   */
  run(caughtUp: () => void): Promise<void>;
  /** Polls once, whatever the mode, and binds no listener; rejects when Kapso cannot be asked. */
  once(): Promise<void>;
  pollNow(): void;
  /** Whether something is being fetched, or it has not begun to receive. */
  busy(): boolean;
  /** The time by Kapso's clock, ms since the epoch; null until Kapso has told it. */
  kapsoNow(): number | null;
  /** Why polling is stuck, in a sentence, or null. A request that failed is not stuck. */
  stuck(): string | null;
  /** To be called when a way in was closed for a time: fetches what could not be delivered meanwhile. */
  catchUp(): void;
  /** To be called now and then: notices a store that works again, or a clock that is wrong, and keeps the cursor near. */
  tick(): Promise<void>;
  /** Up to when messages have surely been seen, by Kapso's or WhatsApp's clock, ms since the epoch; null where nothing tells. */
  seenUpTo(): Promise<number | null>;
  /** Takes nothing new; requests under way may end within `grace` ms. */
  stop(grace: number): Promise<void>;
}

/** What each of the modes is made of. */
export interface ReceiverParts extends ReceiverOptions {
  kapsoTime: KapsoTime;
  checkClock: () => void;
  intake: Intake;
  /** What a poller needs but for its pace. */
  polling: Omit<PollerOptions, 'nextInterval'>;
}
