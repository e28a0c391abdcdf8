/** Tells whoever may not write so, at most once a day (`access.refusal`). */
import type { Clock } from '../clock.ts';
import type { KnownContact } from '../domain/contact.ts';
import { conversationKey } from '../domain/conversation.ts';
import { customerWindow } from '../domain/customer-window.ts';
import { writeContent } from '../domain/outgoing-body.ts';
import { readBody } from '../domain/stored-body.ts';
import type { NewOutgoing } from '../store/outbox.ts';
import type { Store } from '../store/store.ts';

export interface RefusalsOptions {
  store: Pick<Store, 'get' | 'contacts' | 'outbox'>;
  clock: Pick<Clock, 'now'>;
  /** `refusal`: the sentence; without it, nothing is sent. The function is called each time. */
  settings: () => { readonly refusal?: string | undefined };
  /** Says that these lanes of the outbox have work. */
  wakeReplies: (lanes: readonly string[]) => void;
}

/** Types of what WhatsApp itself says of a contact, who has written nothing then. */
const unwritten = ['system', 'request_welcome'];

const day = 24 * 3_600_000;

/** Contacts that are remembered, so that a flood of one does not ask the store each time. */
const mostRemembered = 1000;

/** Call it with the id of a message that was kept as denied. */
export type TellRefused = (id: string) => Promise<void>;

export function createRefusals({ store, clock, settings, wakeReplies }: RefusalsOptions): TellRefused {
  /** When each of the latest contacts is to be told again at the earliest, by lane. */
  const nextAt = new Map<string, number>();
  const remember = (lane: string, at: number) => {
    nextAt.delete(lane);
    nextAt.set(lane, at);
    const [oldest] = nextAt.keys();
    if (nextAt.size > mostRemembered && oldest !== undefined) nextAt.delete(oldest);
  };

  /** The row of a contact for a day, by the days since the epoch. */
  const idOf = (lane: string, days: number) => `refusal:${lane}:${days}`;

  const wasTold = async (lane: string, now: number): Promise<boolean> => {
    if (now < (nextAt.get(lane) ?? 0)) return true;
    const days = Math.floor(now / day);
    const last = (await store.outbox.get(idOf(lane, days))) ?? (await store.outbox.get(idOf(lane, days - 1)));
    if (last === null || now - last.createdAt >= day) return false;
    remember(lane, last.createdAt + day);
    return true;
  };

  return async id => {
    const text = settings().refusal;
    if (text === undefined) return;
    const entry = await store.get(id);
    const body = entry && readBody(entry);
    if (!entry?.account || entry.contact === null || body?.kind !== 'message') return;
    const { groupId, type, timestamp } = body.message;
    if (groupId !== undefined || unwritten.includes(type)) return;
    const now = clock.now();
    const lane = conversationKey({ account: entry.account, contact: entry.contact, group: null });
    if (now >= timestamp + customerWindow || (await wasTold(lane, now))) return;
    const contact = await store.contacts.get(entry.account, entry.contact);
    if (contact === null || contact.blocked) return;
    wakeReplies(
      await store.outbox.add([refusal(contact, { id, text, timestamp, lane, row: idOf(lane, Math.floor(now / day)) })]),
    );
  };
}

function refusal(
  { account, address }: KnownContact,
  { id, text, timestamp, lane, row }: { id: string; text: string; timestamp: number; lane: string; row: string },
): NewOutgoing {
  const body = writeContent({ kind: 'text', text });
  return {
    ...{ id: row, message: id, answer: row, account, lane, recipient: address, via: 'refusal', part: 1, parts: 1 },
    ...{ body, sendBefore: timestamp + customerWindow },
  };
}
