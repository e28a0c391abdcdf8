import { maskAddress, maskNumbers } from '../mask.ts';
import { asRecord } from '../narrow.ts';
import { type AccountNames, accountIn } from '../observe/account-status.ts';
import type { Outgoing } from '../store/outbox.ts';
import { refsOf } from './refs.ts';
import { iso, isoOrNull } from './times.ts';

/** An outgoing message as it is printed. Times are ISO 8601. */
export interface OutgoingView {
  /** The end of the id, long enough to name it. What stands before the `#` names the message that it answers. */
  ref: string;
  /** Which of several numbers sends it, as people call it. Absent with one. */
  account?: string;
  state: string;
  /** What WhatsApp says of it since it was sent; null when that is nothing. */
  status: string | null;
  statusAt: string | null;
  to: string;
  via: string;
  part: number;
  parts: number;
  /** Null when its content cannot be read. */
  kind: string | null;
  createdAt: string;
  /** Until when it can be sent as it is. */
  sendBefore: string | null;
  /** When it first left. */
  begunAt: string | null;
  attempts: number;
  retryAt: string | null;
  /** Of the refusal or failure, as Meta counts them. */
  code: number | null;
  reason: string | null;
  updatedAt: string;
  /** Only with `--full`. */
  id?: string;
  message?: string;
  sentId?: string | null;
  mark?: string | null;
  content?: unknown;
}

/** Returns the ends of ids by which outgoing messages can be told apart, by their ids. They hide the number, see `refsOf`. */
export function outgoingRefs(rows: readonly Outgoing[]): Map<string, string> {
  const messages = refsOf(rows.map(({ message }) => message));
  const own = refsOf(rows.map(({ id }) => id));
  return new Map(
    rows.map(({ id, message }) => {
      const ref = id.startsWith(`${message}#`) ? `${messages.get(message)}${id.slice(message.length)}` : own.get(id);
      return [id, ref ?? id];
    }),
  );
}

/** `names`: what several numbers are called. */
export function outgoingView(row: Outgoing, ref: string, full: boolean, names: AccountNames = new Map()): OutgoingView {
  const to = /^\d/.test(row.recipient) ? `+${row.recipient}` : row.recipient;
  const content = contentOf(row.body);
  const kind = asRecord(content)?.kind;
  return {
    ref,
    ...accountIn(names, row.account),
    state: row.state,
    status: row.status,
    statusAt: isoOrNull(row.statusAt),
    to: full ? to : maskAddress(to),
    via: row.via,
    part: row.part,
    parts: row.parts,
    kind: typeof kind === 'string' ? kind : null,
    createdAt: iso(row.createdAt),
    sendBefore: isoOrNull(row.sendBefore),
    begunAt: isoOrNull(row.begunAt),
    attempts: row.attempts,
    retryAt: isoOrNull(row.retryAt),
    code: row.code,
    reason: row.reason !== null && !full ? maskNumbers(row.reason) : row.reason,
    updatedAt: iso(row.updatedAt),
    ...(full ? { id: row.id, message: row.message, sentId: row.sentId, mark: row.mark, content } : {}),
  };
}

/** Returns the content without its version, or the body as it is when it is no object. Any version may have written it. */
function contentOf(body: string): unknown {
  try {
    const { v: _, ...content } = asRecord(JSON.parse(body)) ?? {};
    return Object.keys(content).length > 0 ? content : body;
  } catch {
    return body;
  }
}

/** Returns a state with what WhatsApp says of it, e.g. `sent, read`. */
export function stateText({ state, status }: { state: string; status: string | null }): string {
  return status === null || status === state ? state : `${state}, ${status}`;
}

/** Returns the reason with the code of the refusal, unless the reason names it; '' without both. */
export function reasonText({ reason, code }: { reason: string | null; code: number | null }): string {
  if (code === null || reason?.includes(String(code))) return reason ?? '';
  return reason === null ? String(code) : `${reason} (${code})`;
}

/** Returns why a customer may have got a message that counts as not sent; null when surely not. */
export function doubtOf({ state, reason, mark, sentId }: Outgoing): string | null {
  const isFinal = state === 'failed' || state === 'dropped';
  // WhatsApp has said what became of one with an id.
  if (!isFinal || sentId !== null) return null;
  const wasUnderWay = state === 'dropped' && mark !== null;
  if (!wasUnderWay && !/\bmay have (been sent|reached)\b/.test(reason ?? '')) return null;
  return 'it may have been sent; look at the conversation, and retry it with --force if it was not';
}
