import type { InstanceEvent } from './instance-events.ts';
import type {
  AccessStatus,
  AlertsStatus,
  AlertWay,
  GatewayStatus,
  LimitedSender,
  MutedConversation,
  PollingStatus,
} from './status.ts';
import type { WebhookEvent } from './webhook-events.ts';

/** Which of several numbers something is about. */
export interface AccountName {
  /** Meta's `phone_number_id`. */
  id: string;
  /** What people call it. */
  label: string;
}

/**
 * What happened. Each event is emitted once, where it happens. Messages are named by their id. Times are milliseconds
 * since the epoch. With several numbers, `of` says of which an event tells.
 */
export type AppEvent = Happened & { readonly of?: AccountName };

type Happened =
  /** New messages are on disk. `messages` are their ids, `count` of them. `by` says which way they came. */
  | { type: 'messages accepted'; count: number; messages: readonly string[]; by: 'webhook' | 'poll' }
  /** They were in the inbox before. Each poll reads some of them again. */
  | { type: 'messages known'; count: number; by: 'webhook' | 'poll' }
  /** It is kept, and not for the agent, by who wrote it. `reason` is null while it waits for the approval of its sender. */
  | { type: 'message refused'; message: string; state: 'unpaired' | 'denied' | 'limited'; reason: string | null }
  /** Who may write, at the start and when that changes. */
  | { type: 'access changed'; access: AccessStatus }
  /** They are from before a restore, may have been answered after the backup, and are kept as dropped. */
  | { type: 'messages withheld'; count: number }
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
  /**
   * A request for the list failed. `asked` is what Kapso asked for, when the pause is shorter; else null. `pause` is the
   * wait in milliseconds. `repeated`: the request before failed for the same reason.
   */
  | {
      type: 'poll failed';
      error: string;
      asked: string | null;
      pause: number;
      needsOperator: boolean;
      repeated: boolean;
    }
  | { type: 'poll works again' }
  /** The list was read: `seen` rows on so many pages, of which `found` were new. `complete`: to its end. */
  | { type: 'pass ended'; found: number; seen: number; pages: number; complete: boolean }
  /** A pass reached its bounds before the end of the list. */
  | { type: 'list without end'; seen: number; reason: string }
  | { type: 'pass given up'; error: unknown }
  /** What an abandoned pass had read could not be released. */
  | { type: 'pass not released'; error: unknown }
  /** The store refused what was polled. */
  | { type: 'pass not stored'; error: unknown }
  | WebhookEvent
  | { type: 'gateway changed'; gateway: GatewayStatus }
  | { type: 'store displaced'; error: Error; hint: string | undefined }
  | { type: 'store back' }
  /**
   * The connection to the database of the inbox works: at the start, again, or with another host. `weaknesses`: why what was
   * accepted may be lost with its server all the same, as sentences.
   */
  | { type: 'database connected'; name: string; server: string; weaknesses: readonly string[] }
  /** It broke, or could not be made, for another reason than before. It is tried again by itself. */
  | { type: 'database lost'; name: string; error: unknown }
  /** Whoever may, can look at the running poller on this socket. */
  | { type: 'live opened'; socket: string }
  /** Nobody can: everything else goes on. */
  | { type: 'live unavailable'; error: unknown }
  /** The account's sessions had the names of an only number, and get others since it does not say so at this key. */
  | { type: 'sessions begin anew'; account: string; key: string }
  /** The state directory is in a place where others could change it, or where a database is not safe. */
  | { type: 'directory unsafe'; warning: string }
  /** The conversations that have work could not be read when the store was back. */
  | { type: 'store unreadable'; error: unknown }
  /** `--once` could not ask Kapso. */
  | { type: 'single poll failed'; error: unknown }
  /** `--once` cannot reach the gateway, and leaves what there is for the next time. */
  | { type: 'delivery left for later'; reason: string }
  | SenderEvent
  | CommandEvent
  | AlertEvent
  | PositionEvent
  | DeliveryEvent
  | RunEvent
  | ReplyEvent
  | ReplyStatusEvent
  | InstanceEvent
  | GatewayEvent;

/** What senders do beyond the limits. `contact` is a masked address. `limited` are all who are limited then. */
export type SenderEvent =
  /** Its further messages are kept as limited, and no agent gets them. */
  | { type: 'sender limited'; contact: string; limited: readonly LimitedSender[] }
  /** Its messages are for the agent again. */
  | { type: 'sender within limits'; contact: string; limited: readonly LimitedSender[] }
  /** Its next run waits for `wait` milliseconds. It is told once an hour. */
  | { type: 'sender slowed'; contact: string; wait: number };

/** What somebody is told of. `code` is one of problems/table.ts. */
export type AlertEvent =
  | { type: 'alerts changed'; alerts: AlertsStatus | null }
  /** It is about to be told. `state`: `problem`, or `over`. */
  | { type: 'alert raised'; code: string; state: 'problem' | 'over'; says: string; todo: string | null; since: number }
  /** It was handed over. */
  | { type: 'alert given'; code: string; way: AlertWay }
  /** It could not be given; with `again` (milliseconds) it is tried again then. */
  | { type: 'alert not given'; code: string; way: AlertWay; reason: string; again: number | null }
  /** Which alerts were given cannot be noted, or read. */
  | { type: 'alerts not kept'; file: string; error: unknown };

/** What operators did by WhatsApp. */
export type CommandEvent =
  /** `message` is the command's; `answer` is what its sender gets. */
  | { type: 'command done'; message: string; command: string; answer: string }
  /** Commands could not be done. They are tried again with the next one, or at the next start. */
  | { type: 'commands failed'; error: unknown }
  /** All conversations that are muted from now on. */
  | { type: 'mutes changed'; muted: readonly MutedConversation[] };

/** Where polling goes on. `file` is the name of the earlier program's file. */
export type PositionEvent =
  | { type: 'position taken over'; from: number; file: string }
  | { type: 'first start'; from: number }
  /** The position did not fit Kapso's clock. */
  | { type: 'position corrected'; from: number; to: number }
  /** Kapso's list began anew within a pass. */
  | { type: 'list repeats'; pages: number };

/** What became of messages on their way from the inbox to the agent. `asked` is the pause that the gateway asked for. */
export type DeliveryEvent =
  /** The gateway takes no message until somebody changes something there. Null when it takes messages again. */
  /** `agent`: set when only messages for that one are held up. */
  | { type: 'obstacle changed'; obstacle: { reason: string; hint: string | null; agent?: string } | null }
  /** `outcome` is what the customer gets. `note` is what an operator should know of it, or null. */
  | { type: 'message settled'; message: string; outcome: string; note: string | null }
  | { type: 'message failed'; message: string; reason: string }
  /** An attempt failed, and others follow. */
  | { type: 'message deferred'; message: string; reason: string; attempts: number; until: number }
  /** The gateway asked for a longer pause than is kept to. */
  | { type: 'message put off long'; message: string; asked: string }
  /** The gateway has put it off so often that an operator should know. `asked` is null when the pause is kept to. */
  | { type: 'message put off often'; message: string; reason: string; asked: string | null }
  /** The message goes before those of `passed`, which keep failing. */
  | { type: 'message taken first'; message: string; passed: readonly string[] }
  /** The message is shown to the agent with the next one of its conversation. */
  | { type: 'message kept as context'; message: string; kind: string }
  /** The texts of `others`, which its sender wrote right after it, go into one run with it. */
  | { type: 'messages gathered'; message: string; others: readonly string[] }
  /** The gateway took its run only without images: the agent gets them as files. */
  | { type: 'images refused'; message: string; reason: string }
  /** The agent gets it without its medium. */
  | { type: 'medium missing'; message: string; reason: string }
  /** The agent gets a voice message or a document without its words. `hint` says what the operator can do. */
  | { type: 'words missing'; message: string; reason: string; hint: string | undefined }
  | { type: 'media forgotten'; count: number }
  | { type: 'message edited'; message: string; edits: readonly string[] }
  /** Its sender deleted or replaced it before the agent had it. */
  | { type: 'message superseded'; message: string; outcome: string }
  /** An operator had dropped the message during its run. */
  | { type: 'dropped run ended'; message: string; run: string | null }
  /** A conversation could not be worked on. */
  | { type: 'turn failed'; lane: string; error: unknown }
  /** A sender whom nobody knows has to be approved: it gets a code, and the message is kept until then. */
  | { type: 'pairing began'; message: string }
  /** Nobody approved the sender of these messages in time, so they were dropped. */
  | { type: 'pairing expired'; messages: readonly string[] }
  | { type: 'messages forgotten'; count: number }
  | { type: 'maintenance failed'; error: unknown };

/** The agent's work on a message. `run` is the key of the run. A run that a kill of this program interrupted has no end. */
export type RunEvent =
  /** The gateway has taken it. */
  | { type: 'run began'; message: string; run: string }
  /**
   * The wait for it is over, `took` milliseconds after it began. `end` is what the gateway says of it, or `lost`: the
   * connection broke, or the program stops, and it is looked for later. One that `timed out` may go on. `reason` is that
   * of an error.
   */
  | {
      type: 'run ended';
      message: string;
      run: string;
      end: RunEndKind;
      took: number;
      reason: string | null;
    }
  /** The run of an earlier attempt was looked for. `found` is what the gateway's record says of it. */
  | { type: 'run looked for'; message: string; run: string; found: string };

export type RunEndKind = 'ended' | 'error' | 'timed out' | 'unknown' | 'lost';

/**
 * What WhatsApp reports of a reply that was sent, each step once: `message` is what it answers, `reply` its id in the
 * outbox, `at` when WhatsApp says that it was so. A failure is a 'send failed' instead.
 */
export type ReplyStatusEvent = {
  type: 'reply status';
  message: string;
  reply: string;
  sentId: string;
  status: 'sent' | 'delivered' | 'read';
  at: number;
};

/** What became of the reply to a message on its way to the customer. `reply` is its id in the outbox. */
export type ReplyEvent =
  /** `sentId` is WhatsApp's id. `via` says who sends it. */
  | { type: 'reply sent'; message: string; reply: string; sentId: string; part: number; parts: number; via: string }
  /** Kapso does not take it for `pause` milliseconds. `operator`: that passes only when somebody changes something. */
  | { type: 'reply put off'; message: string; reply: string; reason: string; operator: boolean; pause: number }
  /** It may have been sent, and is looked for. */
  | { type: 'reply in doubt'; message: string; reply: string; reason: string }
  /** It was looked for long enough (`after`, milliseconds), is nowhere, and is sent again. */
  | { type: 'reply sent again'; message: string; reply: string; after: number }
  /** `code` is Meta's, or the HTTP status. */
  | { type: 'reply failed'; message: string; reply: string; reason: string; code: number | null };

/** What happened between this program and the gateway. `gateway` is its address without secrets. */
export type GatewayEvent =
  | { type: 'gateway connected'; gateway: string; version: string | null; boot: string | null }
  /** The gateway stated a limit that it cannot mean. */
  | { type: 'gateway limit corrected'; gateway: string; name: string; said: number; taken: number }
  /** A connection, or an attempt at one, failed for another reason than the last. `phase` says what ends that. */
  | {
      type: 'connection failed';
      gateway: string;
      phase: 'connecting' | 'waiting' | 'blocked';
      reason: string;
      hint: string | null;
    }
  /** The gateway asked for a longer pause before the next attempt than is kept to. */
  | { type: 'connection put off long'; gateway: string; asked: string }
  /** The gateway answered a question about one run with another one. */
  | { type: 'other run answered'; run: string; answered: string | null }
  | { type: 'device token not kept'; error: unknown }
  | { type: 'device token unreadable'; file: string }
  /** Other users could read a private file. `mode` has the rights that it had. */
  | { type: 'private file closed'; file: string; mode: number };

/** Tells every listener. It throws only when a listener does. */
export type Emit = (event: AppEvent) => void;

/** Tells the listeners in their order, before `emit` returns. */
export function createEvents(listeners: readonly Emit[]): Emit {
  return event => {
    for (const listener of listeners) listener(event);
  };
}
