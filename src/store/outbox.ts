/**
 * The durable outbox: what is to reach customers, and what became of it. It is part of the store (see store.ts) and
 * makes the same promises. It knows neither Kapso nor WhatsApp: a body is opaque.
 *
 * The order in a lane is the order in which the rows were added.
 */

/**
 * The state of an outgoing message.
 *
 * - `pending`: to be sent.
 * - `sending`: handed to Kapso at least once; whether it was taken is not known.
 * - `sent`: taken. `status` says what is known of it since.
 * - `failed`: refused for good, or undeliverable. An operator can retry it.
 * - `dropped`: given up by an operator.
 */
export type OutgoingState = 'pending' | 'sending' | 'sent' | 'failed' | 'dropped';

export const outgoingStates: readonly OutgoingState[] = ['pending', 'sending', 'sent', 'failed', 'dropped'];

/**
 * Who sends it: the bridge, with the text of a run; the agent itself, with the command line; or the bridge for itself. A
 * `pairing` is what tells a code, a `refusal` that somebody may not write, an `alert` what an operator should know.
 */
export type Via = 'relay' | 'agent' | 'notice' | 'pairing' | 'refusal' | 'alert';

/** What WhatsApp says of a sent message, in the order in which it comes. */
export const deliveryStatuses = ['sent', 'delivered', 'read', 'failed'] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

export interface NewOutgoing {
  /** Made by the caller. A known id is not added again. */
  id: string;
  /** The id of the inbox entry that it answers. */
  message: string;
  /** One answer's rows share this name. A message that ran again has several answers; the last one counts. */
  answer: string;
  /** The number that sends it. */
  account: string;
  /** Rows of one lane are sent one after the other. */
  lane: string;
  /** The address. */
  recipient: string;
  via: Via;
  /** Counted from 1, of `parts`. The parts of one answer are sent in order. When one fails, those after it do too. */
  part: number;
  parts: number;
  body: string;
  /** Milliseconds since the epoch until which it can be sent as it is; null when that is not known. */
  sendBefore: number | null;
  /** Set when it was sent already: WhatsApp's id of it. */
  sentId?: string;
  /** Set when it cannot be sent, or must not be without an operator. It is kept as `failed` with this reason. */
  failure?: string;
}

export interface Outgoing extends Omit<NewOutgoing, 'sentId' | 'failure'> {
  state: OutgoingState;
  createdAt: number;
  /** Attempts that surely failed. */
  attempts: number;
  /** The time of the next attempt, or of the next look for it, at the earliest; null means at once. */
  retryAt: number | null;
  /** The mark that it left with, by which it is found. */
  mark: string | null;
  /** When it first left with that mark. */
  begunAt: number | null;
  /** WhatsApp's id. */
  sentId: string | null;
  /** What WhatsApp last reported; null when it reported nothing. */
  status: DeliveryStatus | null;
  statusAt: number | null;
  /** When it was taken; null while that is not known, and for what the agent has sent itself. */
  sentAt: number | null;
  /** When it was delivered and read, by WhatsApp; null when that was not reported. */
  deliveredAt: number | null;
  readAt: number | null;
  /** The code of the refusal or failure, as Meta counts them; null without one. */
  code: number | null;
  reason: string | null;
  updatedAt: number;
}

/** The row of a caption that is sent alone: in the place of one that has failed, to the same recipient. */
export function captionRow(failed: Outgoing, body: string): NewOutgoing {
  const { id, message, answer, account, lane, recipient, via, part, parts, sendBefore } = failed;
  return { id: `${id}-text`, message, answer, account, lane, recipient, via, part, parts, sendBefore, body };
}

/** Why an outgoing message is given up. */
export interface Refusal {
  reason: string;
  code: number | null;
  /** The later parts make sense without it. */
  alone?: boolean;
  instead?: readonly NewOutgoing[];
  /** What the row itself becomes, for a retry. */
  body?: string;
}

/** What WhatsApp reports of a sent message, by its id or by the mark that it left with. */
export interface StatusReport {
  sentId: string;
  mark: string | null;
  status: DeliveryStatus;
  at: number;
  code: number | null;
  reason: string | null;
  /** Of a failure: what is sent in its place, and what the row itself becomes. */
  instead?: { rows: readonly NewOutgoing[]; body: string };
}

export interface Outbox {
  /** Every lane with pending or sending rows; see `Store.lanes`. With an account, only its lanes. */
  lanes(account?: string): Promise<string[]>;
  /** See `Store.abandoned`. */
  abandoned(account: string): Promise<string[]>;
  /** The lane's oldest pending or sending row; null when there is none. */
  head(lane: string): Promise<Outgoing | null>;
  /** Adds rows outside of `settle` and `fail`. Returns the lanes that have work now. */
  add(rows: readonly NewOutgoing[]): Promise<string[]>;
  /**
   * Call before anything leaves: a pending row becomes `sending` with this mark, to this recipient. Rejects with
   * STORE_STATE in any other state, for example when an operator dropped it, and in another lane, when an operator
   * joined its contact with another one: then nothing may be sent.
   */
  begin(id: string, attempt: { lane?: string; mark: string; recipient: string; body: string }): Promise<void>;
  /** Replaces the body of a pending row: what it needs before it can leave was done. In any other state nothing changes. */
  revise(id: string, body: string): Promise<void>;
  /** It was taken under this id. A row that is pending, sending, failed or dropped becomes `sent`: that is what happened. */
  sent(id: string, sentId: string): Promise<void>;
  /**
   * Puts a pending or sending row off until a time. With `resend` a sending row becomes pending: it was surely not
   * taken. Without, it stays, and is looked for. `counted` adds one attempt. In any other state nothing changes.
   */
  defer(id: string, wait: { until: number; reason: string; counted: boolean; resend: boolean }): Promise<void>;
  /**
   * Gives up a pending or sending row, and with it the later parts of its answer that have not begun; with `alone` these
   * stay. `instead` is added in its place. In any other state nothing changes. Returns the ids that were given up.
   */
  fail(id: string, refusal: Refusal): Promise<string[]>;
  /**
   * Notes what WhatsApp reports. A report for a mark whose send has no known end makes it `sent`. A status never goes
   * back (`read` is not followed by `delivered`), and `failed` makes the row `failed`. Returns the row when that changed
   * it; null otherwise, also for an unknown message.
   */
  report(report: StatusReport): Promise<Outgoing | null>;
  /** Sent rows of an account since a time whose last status is neither `read` nor `failed`: the oldest first. */
  awaiting(account: string, query: { since: number; limit: number }): Promise<Outgoing[]>;
  /** The row that `report` would change; null for an unknown message. */
  find(report: Pick<StatusReport, 'sentId' | 'mark'>): Promise<Outgoing | null>;
  /** Whether a row has WhatsApp's id. */
  knows(sentId: string): Promise<boolean>;
  /** When the newest message of anybody in a conversation happened that the inbox has, if that is after `after`; else null. */
  lastHeard(query: { account: string; conversation: string; after: number }): Promise<number | null>;

  counts(): Promise<Record<OutgoingState, number>>;
  /** How many rows of a state one sender has. It reads them all. */
  countOf(state: OutgoingState, via: Via): Promise<number>;
  /** Rows of all lanes, the newest first. No states means all states. */
  list(query: { states?: readonly OutgoingState[]; limit: number }): Promise<Outgoing[]>;
  get(id: string): Promise<Outgoing | null>;
  /** The rows that answer an entry of the inbox, in their order. */
  of(message: string): Promise<Outgoing[]>;
  /** The same for several entries at once: the rows of all of them. */
  ofAll(messages: readonly string[]): Promise<Outgoing[]>;
  /** The pending and sending rows of all lanes, the oldest first. */
  waiting(limit: number): Promise<Outgoing[]>;
  /**
   * For the operator: failed and dropped rows become pending again, at their old place. Returns the ids that became
   * pending.
   */
  retry(ids: readonly string[]): Promise<string[]>;
  /** For the operator: gives up pending, sending and failed rows. Returns the ids that were given up. */
  drop(ids: readonly string[]): Promise<string[]>;
}
