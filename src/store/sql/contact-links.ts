import { present, type Sighting } from '../../domain/contact.ts';
import { conversationKey } from '../../domain/conversation.ts';
import { listIdentities } from '../../domain/identity.ts';
import type { Contacts, Relinked, Relinking } from '../contacts.ts';
import type { ContactAccesses } from './contact-access.ts';
import type { ContactReads } from './contact-reads.ts';
import type { Transaction } from './driver.ts';
import { numberOfSession } from './queries.ts';
import type { Recognition } from './recognition.ts';
import type { PrepareAll, Step } from './step.ts';

/** An operator's changes of who is who. Each method is a step to run inside a transaction. `Contacts` describes the rules. */
export interface ContactLinks {
  link(account: string, contacts: { keep: string; other: string }, how: Relinking & { at: number }): Step<Relinked>;
  unlink(
    account: string,
    identity: string,
    how: Parameters<Contacts['unlink']>[2] & { at: number },
    transaction: Transaction,
  ): Step<Relinked>;
  lanesOf(account: string, contacts: readonly string[]): Step<string[]>;
  /** The id of a message of theirs that is with the agent, or an answer to which is being sent; null without one. */
  busyWith(account: string, contacts: readonly string[]): Step<string | null>;
}

const waits = `state IN ('held', 'pending', 'sending', 'failed', 'dropped', 'unpaired', 'denied', 'limited')`;
// With bare parameters SQLite compiles the statement again for each value.
const named = 'account = +:account AND contact = +:contact';
/** It is told with the next message of its sender, so it goes with what waits. */
const goes = `(${waits} OR outcome = 'context' AND carried_by IS NULL)`;
/** No run of it began, so it can begin in another session. */
const isFresh = 'run_number = 0 AND open_run IS NULL';

const statements = {
  sending: `SELECT id FROM entries INDEXED BY entries_by_state WHERE state = 'sending' AND ${named} LIMIT 1`,
  answering: `SELECT message FROM outbox INDEXED BY outbox_queue WHERE lane = +:lane AND state IN ('pending', 'sending')
    AND state = 'sending' LIMIT 1`,
  lanes: `SELECT DISTINCT lane FROM entries INDEXED BY entries_by_state WHERE ${waits} AND ${named}`,
  // Where the contact's own conversation is filed today.
  newest: `SELECT lane, session FROM entries WHERE ${named} AND coalesce(conversation, lane) = +:conversation
    ORDER BY occurred_at DESC, batch DESC, position DESC LIMIT 1`,
  count: `SELECT count(*) AS entries FROM entries INDEXED BY entries_by_state WHERE ${waits} AND ${named}`,
  join: `UPDATE entries SET contact = :keep,
      author = :keep || substr(author, length(:contact) + 1),
      conversation = CASE WHEN coalesce(conversation, lane) = :from THEN :to ELSE coalesce(conversation, lane) END,
      session = CASE WHEN ${waits} AND ${isFresh} AND coalesce(conversation, lane) = :from THEN coalesce(:session, session)
        ELSE coalesce(session, lane) END,
      session_number = CASE WHEN ${waits} AND ${isFresh} AND coalesce(conversation, lane) = :from AND :hasSession <> 0
        THEN ${numberOfSession} ELSE session_number END,
      lane = CASE WHEN ${goes} AND (coalesce(conversation, lane) = :from OR lane = :from) THEN :lane ELSE lane END
    WHERE ${named}`,
  joinOutbox: 'UPDATE outbox SET lane = :to WHERE lane = :from',
  identities: 'UPDATE contact_identities SET contact = :keep WHERE account = :account AND contact = :contact',
  address: `UPDATE contacts SET (address, seen, address_at) = (SELECT address, seen, address_at FROM contacts WHERE ${named})
    WHERE account = :account AND contact = :keep
      AND EXISTS (SELECT 1 FROM contacts AS other WHERE ${named} AND substr(other.seen, 1, 1) = '+'
        AND (substr(contacts.seen, 1, 1) <> '+' OR contacts.address_at < other.address_at))`,
  heard: `UPDATE contacts SET heard_at = (
      SELECT max(heard_at) FROM contacts WHERE account = +:account AND contact IN (+:keep, +:contact)
    ) WHERE account = +:account AND contact = +:keep`,
  removeContact: `DELETE FROM contacts WHERE ${named}`,
  resolved: `DELETE FROM contact_conflicts WHERE account = :account
    AND (contact = :keep AND other = :contact OR contact = :contact AND other = :keep)`,
  conflicts: `UPDATE contact_conflicts SET contact = :keep WHERE account = :account AND contact = :contact
    AND NOT EXISTS (SELECT 1 FROM contact_conflicts AS there WHERE there.account = :account AND there.contact = :keep
      AND there.other = contact_conflicts.other AND there.identity = contact_conflicts.identity)`,
  others: `UPDATE contact_conflicts SET other = :keep WHERE account = :account AND other = :contact
    AND NOT EXISTS (SELECT 1 FROM contact_conflicts AS there WHERE there.account = :account AND there.other = :keep
      AND there.contact = contact_conflicts.contact AND there.identity = contact_conflicts.identity)`,
  leftConflicts: 'DELETE FROM contact_conflicts WHERE account = :account AND (contact = :contact OR other = :contact)',
  waiting: `SELECT rowid, body, ${waits} AS waits FROM entries WHERE ${goes} AND ${named}`,
  move: `UPDATE entries SET contact = :contact, author = :author, conversation = :conversation, lane = :lane,
      session = CASE WHEN ${isFresh} THEN :session ELSE coalesce(session, lane) END,
      session_number = CASE WHEN ${isFresh} THEN ${numberOfSession} ELSE session_number END
    WHERE rowid = :rowid`,
  moveAnswers: `UPDATE outbox SET lane = :to WHERE lane = :from
    AND message IN (SELECT id FROM entries INDEXED BY entries_by_state WHERE state IN ('settled', 'failed') AND ${named})`,
};

export function createContactLinks(
  prepareAll: PrepareAll,
  parts: { reads: ContactReads; recognition: Recognition; accesses: ContactAccesses },
): ContactLinks {
  const { reads, recognition, accesses } = parts;
  const sql = prepareAll(statements);
  const keyOf = (account: string, contact: string) => conversationKey({ account, contact, group: null });

  function* busyWith(account: string, contacts: readonly string[]): Step<string | null> {
    for (const contact of contacts) {
      const entry = (yield* sql.sending.get({ account, contact }))?.id;
      const answer = (yield* sql.answering.get({ lane: keyOf(account, contact) }))?.message;
      if (entry !== undefined || answer !== undefined) return String(entry ?? answer);
    }
    return null;
  }

  /** The surest identity that a message names says whose it is. */
  function* surestOf(account: string, from: Sighting): Step<string | null> {
    for (const { key } of listIdentities(from)) if (yield* reads.holderAt(account, key, present)) return key;
    return null;
  }

  return {
    busyWith,
    *link(account, { keep, other: contact }, { alone, at }) {
      if (keep === contact) return { done: false, why: 'one contact' };
      if (!(yield* reads.get(account, keep)) || !(yield* reads.get(account, contact)))
        return { done: false, why: 'unknown contact' };
      const busy = alone ? null : yield* busyWith(account, [keep, contact]);
      if (busy !== null) return { done: false, why: 'busy', message: busy };
      const [from, to] = [keyOf(account, contact), keyOf(account, keep)];
      const pair = { account, keep, contact };
      const moved = Number((yield* sql.count.get({ account, contact }))?.entries);
      const newest = yield* sql.newest.get({ account, contact: keep, conversation: to });
      const filing = { lane: String(newest?.lane ?? to), session: (newest?.session ?? null) as string | null };
      yield* sql.join.run({ ...pair, from, to, ...filing, hasSession: Number(filing.session !== null) });
      yield* sql.joinOutbox.run({ from, to });
      yield* accesses.join(account, { keep, other: contact }, at);
      yield* sql.address.run(pair);
      yield* sql.heard.run(pair);
      yield* sql.identities.run(pair);
      yield* sql.removeContact.run({ account, contact });
      yield* sql.resolved.run(pair);
      yield* sql.conflicts.run(pair);
      yield* sql.others.run(pair);
      yield* sql.leftConflicts.run({ account, contact });
      return { done: true, contact: keep, moved };
    },

    *unlink(account, identity, { alone, at, read }, transaction) {
      const holding = yield* reads.holderAt(account, identity, present);
      const before = holding && (yield* reads.get(account, holding.contact));
      if (!holding || !before) return { done: false, why: 'unknown contact' };
      if (before.identities.filter(({ former }) => !former).length < 2) return { done: false, why: 'only identity' };
      const busy = alone ? null : yield* busyWith(account, [before.key]);
      if (busy !== null) return { done: false, why: 'busy', message: busy };
      const contact = yield* recognition.separate(account, holding, at, transaction);
      let moved = 0;
      for (const { rowid = null, body, waits: counts } of yield* sql.waiting.all({ account, contact: before.key })) {
        const stored = read(String(body));
        if (!stored || (yield* surestOf(account, stored.from)) !== identity) continue;
        const { author, conversation, lane, session } = stored.file(contact);
        yield* sql.move.run({
          rowid: Number(rowid),
          account,
          contact: contact.key,
          author,
          conversation,
          lane,
          session,
        });
        moved += Number(counts);
      }
      yield* sql.moveAnswers.run({
        from: keyOf(account, before.key),
        to: keyOf(account, contact.key),
        account,
        contact: contact.key,
      });
      return { done: true, contact: contact.key, moved };
    },

    *lanesOf(account, contacts) {
      const waiting: string[] = [];
      for (const contact of contacts)
        for (const { lane } of yield* sql.lanes.all({ account, contact })) waiting.push(String(lane));
      return [...new Set([...waiting, ...contacts.map(contact => keyOf(account, contact))])];
    },
  };
}
