import { labelOf, wordsOf } from '../domain/content.ts';
import { readContent } from '../domain/outgoing-body.ts';
import { asRecord } from '../narrow.ts';
import { maskAddress, maskNumbers } from '../observe/mask.ts';
import type { Outgoing } from '../store/outbox.ts';
import { columns, iso, toJson } from './format.ts';
import { refsOf } from './refs.ts';

/** An outgoing message as it is printed. Times are ISO 8601. */
export interface OutgoingView {
  /** The end of the id, long enough to name it. What stands before the `#` names the message that it answers. */
  ref: string;
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

export function outgoingView(row: Outgoing, ref: string, full: boolean): OutgoingView {
  const to = /^\d/.test(row.recipient) ? `+${row.recipient}` : row.recipient;
  const content = contentOf(row.body);
  const kind = asRecord(content)?.kind;
  return {
    ref,
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

function isoOrNull(at: number | null): string | null {
  return at === null ? null : iso(at);
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

export function outgoingList(views: readonly OutgoingView[]): string {
  if (views.length === 0) return 'No messages.\n';
  const head = ['ID', 'STATE', 'TO', 'VIA', 'PART', 'SINCE', 'ATTEMPTS', 'REASON, TEXT'];
  return columns([
    head,
    ...views.map(view => [
      view.id ?? view.ref,
      stateText(view),
      view.to,
      view.via,
      `${view.part}/${view.parts}`,
      view.createdAt,
      String(view.attempts),
      [reasonText(view), textOf(view)].filter(Boolean).join(' | ') || '-',
    ]),
  ]);
}

/** What it is, where it is no text, and its words: `[image] Here it is`. Empty where they are not shown. */
function textOf({ content }: OutgoingView): string {
  const known = readContent(JSON.stringify({ v: 1, ...asRecord(content) }));
  return known === null ? '' : [labelOf(known), wordsOf(known)].filter(Boolean).join(' ');
}

export function outgoingDetails(views: readonly OutgoingView[]): string {
  return views
    .map(view =>
      columns(
        Object.entries(view)
          .filter(([, value]) => value !== null)
          .map(([key, value]) => [key, typeof value === 'string' ? value : toJson(value)]),
      ),
    )
    .join('\n');
}
