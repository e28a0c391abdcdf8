/**
 * What the running poller writes to `<state dir>/status.json` for `kapso-whatsapp-cli status`. Times are milliseconds
 * since the epoch.
 */
export interface Status {
  version: string;
  pid: number;
  startedAt: number;
  updatedAt: number;
  mode: string;
  polling: PollingStatus | null;
  webhook: WebhookStatus | null;
  tunnel: TunnelStatus | null;
  /** Absent when the poller does not register its webhook. */
  registration?: RegistrationStatus;
  gateway: GatewayStatus;
  /**
   * Milliseconds that this machine's clock is ahead of Kapso's, negative when behind. Set only while the difference is
   * over a day.
   */
  clock?: { ahead: number } | null;
  /** Why the connected gateway takes no message. Null or absent while it takes them. */
  delivery?: { since: number; reason: string; hint: string | null; agent?: string } | null;
  /** Who has written more than the limits allow, the newest of them. Absent until there was somebody. */
  limited?: readonly LimitedSender[];
  /** Who may write. Absent in files of older versions. */
  access?: AccessStatus;
  /** For whom no run begins, because an operator said so. Absent before the first look. */
  muted?: readonly MutedConversation[];
  /** What is to reach customers. Absent until it was counted, and in files of older versions. */
  outbox?: OutboxStatus;
  lastMessageAt: number | null;
  lastDeliveredAt: number | null;
  lastError: { at: number; message: string } | null;
}

export interface LimitedSender {
  /** A masked address. */
  contact: string;
  since: number;
}

export interface AccessStatus {
  /** `access.policy`. */
  policy: string;
  /** What an operator should know of it, as a sentence; null when nothing is odd. */
  warning: string | null;
}

export interface MutedConversation {
  /** Whose conversation: a masked address. */
  contact: string;
  since: number;
  /** Null until an operator ends it. */
  until: number | null;
}

export interface OutboxStatus {
  /** Messages that are yet to be sent, or whose sending has no known end. */
  waiting: number;
  /** Messages that customers did not get, until an operator retries or drops them. */
  failed: number;
  /** When the oldest that waits was made; null when none waits. */
  oldestWaiting: number | null;
}

export interface GatewayStatus {
  url: string;
  /** The state of the connection: `connected`, or why not. */
  phase: 'connecting' | 'connected' | 'waiting' | 'blocked' | 'closed';
  since: number;
  /** What is wrong, as a sentence; null when nothing is. */
  reason: string | null;
  hint: string | null;
  /** The id of the gateway's process; null while not connected. */
  bootId: string | null;
}

export interface PollingStatus {
  /** The present seconds between polls. */
  interval: number;
  lastAttempt: number | null;
  lastSuccess: number | null;
  /** Why the last poll failed; null when it succeeded. */
  lastError: string | null;
  nextAt: number | null;
}

export interface WebhookStatus {
  address: string;
  /** Whether deliveries must be signed. */
  signature: boolean;
  /** The address to register at Kapso; null until it is known. */
  publicUrl: string | null;
  accepted: number;
  rejected: number;
  /** Rejected deliveries by the HTTP status of our answer. Absent in files of older versions. */
  refusals?: Record<string, number>;
  /** Deliveries for another phone number id than ours. Absent in files of older versions. */
  otherNumber?: number;
  /** Sent messages that WhatsApp could not deliver. Absent in files of older versions. */
  failedSends?: number;
  lastError: string | null;
}

export interface RegistrationStatus {
  /** The webhook's id at Kapso; null while it is not registered. */
  webhook: string | null;
  /** When the registration was last found to be right; null before the first check. */
  checkedAt: number | null;
  /** Why the webhook could not be registered or checked; null after a success. */
  reason: string | null;
  hint: string | null;
}

export interface TunnelStatus {
  phase: string;
  url: string | null;
  reason: string | null;
  hint: string | null;
}
