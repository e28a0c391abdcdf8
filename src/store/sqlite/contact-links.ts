import type { DatabaseSync } from 'node:sqlite';
import { present } from '../../domain/contact.ts';
import { conversationKey } from '../../domain/conversation.ts';
import { listIdentities } from '../../domain/identity.ts';
import type { Contacts, Relinked, Relinking } from '../contacts.ts';
import type { ContactAccesses } from './contact-access.ts';
import type { ContactReads } from './contact-reads.ts';
import type { Transaction } from './group-commit.ts';
import { prepareAll } from './prepare.ts';
import { numberOfSession } from './queries.ts';
import type { Recognition } from './recognition.ts';

/** An operator's changes of who is who. Each method is a step to run inside a transaction. `Contacts` describes the rules. */
export interface ContactLinks {
  link(account: string, contacts: { keep: string; other: string }, how: Relinking & { at: number }): Relinked;
  unlink(
    account: string,
    identity: string,
    how: Parameters<Contacts['unlink']>[2] & { at: number },
    transaction: Transaction,
  ): Relinked;
  lanesOf(account: string, contacts: readonly string[]): string[];
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
  count: `SELECT count() AS entries FROM entries INDEXED BY entries_by_state WHERE ${waits} AND ${named}`,
  join: `UPDATE entries SET contact = :keep,
      author = iif(author IS NULL, NULL, :keep || substr(author, length(:contact) + 1)),
      conversation = iif(coalesce(conversation, lane) = :from, :to, coalesce(conversation, lane)),
      session = iif(${waits} AND ${isFresh} AND coalesce(conversation, lane) = :from, coalesce(:session, session),
        coalesce(session, lane)),
      session_number = iif(${waits} AND ${isFresh} AND coalesce(conversation, lane) = :from AND :session IS NOT NULL,
        ${numberOfSession}, session_number),
      lane = iif(${goes} AND (coalesce(conversation, lane) = :from OR lane = :from), :lane, lane)
    WHERE ${named}`,
  joinOutbox: 'UPDATE outbox SET lane = :to WHERE lane = :from',
  identities: 'UPDATE contact_identities SET contact = :keep WHERE account = :account AND contact = :contact',
  address: `UPDATE contacts SET (address, seen, address_at) = (SELECT address, seen, address_at FROM contacts WHERE ${named})
    WHERE account = :account AND contact = :keep
      AND EXISTS (SELECT 1 FROM contacts AS other WHERE ${named} AND substr(other.seen, 1, 1) = '+'
        AND (substr(contacts.seen, 1, 1) <> '+' OR contacts.address_at < other.address_at))`,
  heard: `UPDATE contacts SET heard_at = nullif(max(coalesce(heard_at, 0),
      coalesce((SELECT heard_at FROM contacts WHERE ${named}), 0)), 0)
    WHERE account = :account AND contact = :keep`,
  removeContact: `DELETE FROM contacts WHERE ${named}`,
  resolved: `DELETE FROM contact_conflicts WHERE account = :account
    AND (contact = :keep AND other = :contact OR contact = :contact AND other = :keep)`,
  conflicts: 'UPDATE OR IGNORE contact_conflicts SET contact = :keep WHERE account = :account AND contact = :contact',
  others: 'UPDATE OR IGNORE contact_conflicts SET other = :keep WHERE account = :account AND other = :contact',
  leftConflicts: 'DELETE FROM contact_conflicts WHERE account = :account AND (contact = :contact OR other = :contact)',
  waiting: `SELECT rowid, body, ${waits} AS waits FROM entries WHERE ${goes} AND ${named}`,
  move: `UPDATE entries SET contact = :contact, author = :author, conversation = :conversation, lane = :lane,
      session = iif(${isFresh}, :session, coalesce(session, lane)),
      session_number = iif(${isFresh}, ${numberOfSession}, session_number)
    WHERE rowid = :rowid`,
  moveAnswers: `UPDATE outbox SET lane = :to WHERE lane = :from
    AND message IN (SELECT id FROM entries INDEXED BY entries_by_state WHERE state IN ('settled', 'failed') AND ${named})`,
};

export function createContactLinks(
  db: DatabaseSync,
  parts: { reads: ContactReads; recognition: Recognition; accesses: ContactAccesses },
): ContactLinks {
  const { reads, recognition, accesses } = parts;
  const sql = prepareAll(db, statements);
  const keyOf = (account: string, contact: string) => conversationKey({ account, contact, group: null });

  function busyWith(account: string, contacts: readonly string[]): string | null {
    for (const contact of contacts) {
      const entry = sql.sending.get({ account, contact })?.id;
      const answer = sql.answering.get({ lane: keyOf(account, contact) })?.message;
      if (entry !== undefined || answer !== undefined) return String(entry ?? answer);
    }
    return null;
  }

  return {
    link(account, { keep, other: contact }, { alone, at }) {
      if (keep === contact) return { done: false, why: 'one contact' };
      if (!reads.get(account, keep) || !reads.get(account, contact)) return { done: false, why: 'unknown contact' };
      const busy = alone ? null : busyWith(account, [keep, contact]);
      if (busy !== null) return { done: false, why: 'busy', message: busy };
      const [from, to] = [keyOf(account, contact), keyOf(account, keep)];
      const pair = { account, keep, contact };
      const moved = Number(sql.count.get({ account, contact })?.entries);
      const newest = sql.newest.get({ account, contact: keep, conversation: to });
      const filing = { lane: newest?.lane ?? to, session: newest?.session ?? null };
      sql.join.run({ ...pair, from, to, ...filing });
      sql.joinOutbox.run({ from, to });
      accesses.join(account, { keep, other: contact }, at);
      sql.address.run(pair);
      sql.heard.run(pair);
      sql.identities.run(pair);
      sql.removeContact.run({ account, contact });
      sql.resolved.run(pair);
      sql.conflicts.run(pair);
      sql.others.run(pair);
      sql.leftConflicts.run({ account, contact });
      return { done: true, contact: keep, moved };
    },

    unlink(account, identity, { alone, at, read }, transaction) {
      const holding = reads.holderAt(account, identity, present);
      const before = holding && reads.get(account, holding.contact);
      if (!holding || !before) return { done: false, why: 'unknown contact' };
      if (before.identities.filter(({ former }) => !former).length < 2) return { done: false, why: 'only identity' };
      const busy = alone ? null : busyWith(account, [before.key]);
      if (busy !== null) return { done: false, why: 'busy', message: busy };
      const contact = recognition.separate(account, holding, at, transaction);
      let moved = 0;
      for (const { rowid = null, body, waits: counts } of sql.waiting.all({ account, contact: before.key })) {
        const stored = read(String(body));
        // The surest identity that a message names says whose it is.
        const first = stored && listIdentities(stored.from).find(({ key }) => reads.holderAt(account, key, present));
        if (!stored || first?.key !== identity) continue;
        const { author, conversation, lane, session } = stored.file(contact);
        sql.move.run({ rowid, account, contact: contact.key, author, conversation, lane, session });
        moved += Number(counts);
      }
      sql.moveAnswers.run({
        from: keyOf(account, before.key),
        to: keyOf(account, contact.key),
        account,
        contact: contact.key,
      });
      return { done: true, contact: contact.key, moved };
    },

    lanesOf(account, contacts) {
      const waiting = contacts.flatMap(contact => sql.lanes.all({ account, contact }).map(({ lane }) => String(lane)));
      return [...new Set([...waiting, ...contacts.map(contact => keyOf(account, contact))])];
    },
  };
}
