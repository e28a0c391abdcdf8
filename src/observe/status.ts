/** What the running poller says of itself in `<state dir>/status.json`, for `kapso-whatsapp-cli status`. Times in ms since the epoch. */
export interface Status {
  version: string;
  pid: number;
  startedAt: number;
  updatedAt: number;
  mode: string;
  polling: PollingStatus | null;
  webhook: WebhookStatus | null;
  tunnel: TunnelStatus | null;
  /** Absent where the poller does not register its webhook. */
  registration?: RegistrationStatus;
  gateway: GatewayStatus;
  /** How far (ms) this machine's clock is ahead of Kapso's, negative where it is behind; set as long as that is more than a day. */
  clock?: { ahead: number } | null;
  /** Why the connected gateway takes no message; null or absent while it takes them. */
  delivery?: { since: number; reason: string; hint: string | null } | null;
  lastMessageAt: number | null;
  lastDeliveredAt: number | null;
  lastError: { at: number; message: string } | null;
}

export interface GatewayStatus {
  url: string;
  /** What its connection does: `connected`, or why not. */
  phase: 'connecting' | 'connected' | 'waiting' | 'blocked' | 'closed';
  since: number;
  /** What is wrong, in a sentence; null when nothing is. */
  reason: string | null;
  hint: string | null;
  /** Names the gateway's process; null while it is not connected. */
  bootId: string | null;
}

export interface PollingStatus {
  /** Seconds between polls at present. */
  interval: number;
  lastAttempt: number | null;
  lastSuccess: number | null;
  /** Why the last attempt failed; null when it succeeded. */
  lastError: string | null;
  nextAt: number | null;
}

export interface WebhookStatus {
  address: string;
  /** Whether deliveries must be signed. */
  signature: boolean;
  /** The address to register in Kapso, once known. */
  publicUrl: string | null;
  accepted: number;
  rejected: number;
  /** The rejected by the HTTP status that they were answered with; absent from older versions. */
  refusals?: Record<string, number>;
  /** For another phone number id than the configured one; absent from older versions. */
  otherNumber?: number;
  /** Messages that were sent and WhatsApp could not deliver; absent from older versions. */
  failedSends?: number;
  lastError: string | null;
}

export interface RegistrationStatus {
  /** The webhook's id at Kapso; null as long as it is not registered. */
  webhook: string | null;
  /** When it was last found to be right. */
  checkedAt: number | null;
  /** Why it could not be registered or checked; null when it could. */
  reason: string | null;
  hint: string | null;
}

export interface TunnelStatus {
  phase: string;
  url: string | null;
  reason: string | null;
  hint: string | null;
}
