import type { RegistrationStatus, TunnelStatus, WebhookStatus } from './status.ts';

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
  /** An unsigned delivery of `doctor`, which it sends to see it refused. */
  | { type: 'probe refused'; status: number }
  | { type: 'delivery unreadable'; error: string }
  /** What a delivery brought is on disk, so many milliseconds after its last byte. */
  | { type: 'delivery stored'; took: number }
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
  /** `url` is null where the configuration does not name it; `path` is the path that is served. */
  | { type: 'registration needed'; url: string | null; path: string }
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
  /** Somebody else registers it. `repeated`: it was so at the look before. */
  | { type: 'webhook looked at'; registration: RegistrationStatus; repeated: boolean }
  /** Another process registers it from now on, or looks at it. */
  | { type: 'registration left' }
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
