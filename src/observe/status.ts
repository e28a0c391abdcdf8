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
  /** Absent when the poller does not register its webhook; null when another one does. */
  registration?: RegistrationStatus | null;
  gateway: GatewayStatus;
  /** The database that has the inbox. Absent where the inbox is a file, and in files of older versions. */
  database?: DatabaseStatus;
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
  /** Why Kapso takes no answer until somebody changes something; null when it takes them. Absent before the first. */
  sending?: { since: number; reason: string } | null;
  /** Who is told of problems, and of which. Null when nobody is. Absent in files of older versions. */
  alerts?: AlertsStatus | null;
  /** What this process does for all that share the inbox. Absent where it has the inbox alone. */
  roles?: RolesStatus;
  /** The socket on which the poller tells more. Absent where there is none, and in files of older versions. */
  socket?: string;
  lastMessageAt: number | null;
  lastDeliveredAt: number | null;
  lastError: { at: number; message: string } | null;
  /** With several numbers, what is about each of them, in the place of the same above. Absent with one. */
  accounts?: readonly AccountStatus[];
}

/** What the status says of one of several numbers. */
export interface AccountStatus
  extends Pick<
    Status,
    | ('polling' | 'registration' | 'delivery' | 'limited' | 'access' | 'muted' | 'sending')
    | ('lastMessageAt' | 'lastDeliveredAt' | 'lastError')
  > {
  /** Meta's `phone_number_id`. */
  id: string;
  /** What people call it. */
  label: string;
}

export interface RolesStatus {
  /** The name of this process among those that share the inbox. */
  owner: string;
  /** Its roles, for example `polling:106540352242922`. */
  own: readonly string[];
  /** The names of the processes that have the other roles. */
  others: Readonly<Record<string, string>>;
  /** Those that it has left to others a short while ago, because their work failed here. */
  givenUp?: readonly { role: string; since: number; reason: string }[];
}

export interface AlertsStatus {
  ways: readonly AlertWay[];
  /** What was told and is not over. `code` is one of problems/table.ts, `says` a sentence with what to do. */
  open: readonly { code: string; account?: string; since: number; says: string }[];
  /** The last alert that could not be given, with the reason; null when the last one was given. */
  undelivered: { at: number; code: string; way: AlertWay; reason: string } | null;
}

export type AlertWay = 'command' | 'whatsapp';

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

export interface DatabaseStatus {
  /** For example `the database kapso at db.example.com:5432`. */
  name: string;
  /** What was connected to last; null before. */
  server: string | null;
  /** Since when it is so. */
  since: number;
  /** Why it cannot be reached; null while it can. */
  error: string | null;
  /** Why what was accepted may be lost with its server all the same, as sentences. */
  weaknesses: readonly string[];
}

export interface PollingStatus {
  /** The present seconds between polls. */
  interval: number;
  lastAttempt: number | null;
  lastSuccess: number | null;
  /** Why the last poll failed; null when it succeeded. */
  lastError: string | null;
  /** The code of that error, one of error-codes.ts; null without one. Absent in files of older versions. */
  errorCode?: string | null;
  nextAt: number | null;
  /** Messages come by webhook alone, and this is the search for what came before the start. Absent otherwise. */
  catchUp?: boolean;
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
  /** How Kapso's webhook was found at the last look when it delivered nothing, as a sentence; null or absent otherwise. */
  off?: string | null;
}

export interface TunnelStatus {
  phase: string;
  url: string | null;
  reason: string | null;
  hint: string | null;
}
