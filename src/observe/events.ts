import type {
  AccessStatus,
  GatewayStatus,
  LimitedSender,
  MutedConversation,
  PollingStatus,
  RegistrationStatus,
  TunnelStatus,
  WebhookStatus,
} from './status.ts';

/**
 * What happened. Each event is emitted once, where it happens. Messages are named by their id. Times are milliseconds
 * since the epoch.
 */
export type AppEvent =
  | { type: 'messages accepted'; count: number }
  /** It is kept, and not for the agent, by who wrote it. `reason` is null while it waits for the approval of its sender. */
  | { type: 'message refused'; message: string; state: 'unpaired' | 'denied' | 'limited'; reason: string | null }
  /** Who may write, at the start and when that changes. */
  | { type: 'access changed'; access: AccessStatus }
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
  | WebhookEvent
  | { type: 'gateway changed'; gateway: GatewayStatus }
  | { type: 'store displaced'; error: Error; hint: string | undefined }
  | { type: 'store back' }
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
  | PositionEvent
  | DeliveryEvent
  | ReplyEvent
  | GatewayEvent;

/** What senders do beyond the limits. `contact` is a masked address. `limited` are all who are limited then. */
export type SenderEvent =
  /** Its further messages are kept as limited, and no agent gets them. */
  | { type: 'sender limited'; contact: string; limited: readonly LimitedSender[] }
  /** Its messages are for the agent again. */
  | { type: 'sender within limits'; contact: string; limited: readonly LimitedSender[] }
  /** Its next run waits for `wait` milliseconds. It is told once an hour. */
  | { type: 'sender slowed'; contact: string; wait: number };

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

/** What happened at the webhook: its server, its deliveries, its tunnel and its registration at Kapso. */
export type WebhookEvent =
  | { type: 'webhook changed'; webhook: WebhookStatus }
  | { type: 'webhook listening'; address: string; path: string }
  /** It accepts deliveries without a signature. */
  | { type: 'webhook unsigned'; address: string; path: string }
  /** From now on deliveries must be signed. */
  | { type: 'signing secret found' }
  | { type: 'signing secret unreadable'; error: unknown }
  /** `error` is the answer to the sender. `reason` is what only the operator may know, or null. */
  | { type: 'delivery refused'; status: number; error: string; reason: string | null }
  | { type: 'delivery unreadable'; error: string }
  /** An item of a delivery was answered and not kept. The reasons are few and fixed. */
  | { type: 'item skipped'; reason: string }
  | { type: 'sample skipped'; reason: string }
  /** `configured` and `received` are ids of phone numbers. */
  | { type: 'other number skipped'; reason: string; configured: string; received: string | undefined }
  /**
   * WhatsApp could not deliver a message of ours. `message` is WhatsApp's id of it, `code` is Meta's, `to` is the masked
   * recipient. `outgoing` is its row in the outbox, with the message that it answers; null when it is not there.
   */
  | {
      type: 'send failed';
      message: string;
      code: number | null;
      to: string | null;
      explanation: string;
      outgoing: { id: string; answers: string } | null;
    }
  /** The request was for the webhook's path or the health check. `allow` names the methods that are served there. */
  | { type: 'method refused'; method: string | undefined; allow: string }
  /** `path` is what was asked for, and `served` the webhook's. */
  | { type: 'path refused'; method: string | undefined; path: string; served: string }
  | { type: 'verification refused'; reason: string }
  /** The operator must register this address at Kapso. */
  | { type: 'registration needed'; url: string }
  /** The public address leads to another path than the server's. */
  | { type: 'public path differs'; warning: string }
  | { type: 'tunnel changed'; tunnel: TunnelStatus }
  /** `repeated`: it had the same address before. `registers`: the poller registers it by itself. */
  | { type: 'tunnel opened'; tunnel: TunnelStatus; url: string; registers: boolean; repeated: boolean }
  /** It is tried again. `repeated`: the attempt before failed for the same reason. */
  | { type: 'tunnel failed'; tunnel: TunnelStatus; kind: string; link: string | null; repeated: boolean }
  /** The webhook at Kapso is as it must be. `recovered`: the attempt before failed. */
  | {
      type: 'webhook registered';
      registration: RegistrationStatus;
      url: string;
      change: 'created' | 'updated' | 'unchanged';
      differences: readonly string[];
      recovered: boolean;
    }
  /** Kapso has others for the same address. */
  | { type: 'duplicate webhooks'; webhook: string; others: string }
  /** `asked` and `pause` as in 'poll failed', `repeated` as in 'tunnel failed'. */
  | {
      type: 'registration failed';
      registration: RegistrationStatus;
      asked: string | null;
      pause: number;
      repeated: boolean;
    };

/** Tells every listener. It throws only when a listener does. */
export type Emit = (event: AppEvent) => void;

/** Tells the listeners in their order, before `emit` returns. */
export function createEvents(listeners: readonly Emit[]): Emit {
  return event => {
    for (const listener of listeners) listener(event);
  };
}
