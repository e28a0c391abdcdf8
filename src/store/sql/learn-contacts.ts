import { firstIdentity } from '../../domain/identity.ts';
import type { AccountOpening } from '../account-opening.ts';
import type { Filed } from '../new-entry.ts';
import type { Transaction } from './driver.ts';
import type { Recognition } from './recognition.ts';
import type { PrepareAll, Step } from './step.ts';

/**
 * Learns, once for each account, who has written before contacts were kept. What waits of a person that was known under
 * two names moves into the lane of the one that is kept. To run inside a transaction.
 */
export type LearnContacts = (account: string, read: AccountOpening['read'], transaction: Transaction) => Step<void>;

const statements = {
  known: 'SELECT contacts_known AS known FROM accounts WHERE account = ?',
  done: 'UPDATE accounts SET contacts_known = 1 WHERE account = ?',
  // A person is named by the phone number where any message shows one.
  witnesses: `SELECT rowid, id, lane, contact, body, occurred_at AS occurredAt, state <> 'settled' AS mayWait FROM entries
    WHERE account = +? AND contact IS NOT NULL ORDER BY substr(contact, 1, 1) = '+' DESC, occurred_at, batch, position`,
  nameSession: 'UPDATE contacts SET origin = :origin WHERE account = :account AND contact = :contact',
  move: `UPDATE entries SET contact = :contact, author = :author, conversation = :conversation, lane = :lane
    WHERE rowid = :rowid`,
};

interface Kept {
  rowid: number;
  id: string;
  lane: string;
  contact: string;
  body: string;
  occurredAt: number;
  mayWait: number | boolean;
}

type Stored = ReturnType<AccountOpening['read']>;

/** Returns how a message was filed before contacts were kept: by its phone number, else its id. */
export function fileAsBefore(account: string, stored: Stored): Filed | null {
  if (stored === null) return null;
  const { key, address } = firstIdentity(stored.from);
  return stored.file({
    account,
    key,
    address,
    origin: address,
    name: null,
    identities: [],
    approved: null,
    blocked: false,
  });
}

export function createLearnContacts(prepareAll: PrepareAll, recognition: Recognition): LearnContacts {
  const sql = prepareAll(statements);
  return function* (account, read, transaction) {
    if ((yield* sql.known.get(account))?.known === 1) return;
    yield* sql.done.run(account);
    for (const row of (yield* sql.witnesses.all(account)) as unknown as Kept[]) {
      const stored = read(row.body);
      const before = fileAsBefore(account, stored);
      if (stored === null || before === null) continue;
      const { id: message, occurredAt } = row;
      const contact = yield* recognition.named(
        { account, from: stored.from, message, occurredAt, at: occurredAt },
        row.contact,
        transaction,
      );
      if (contact.key === row.contact) {
        // The session of the newest message is the one to go on with.
        yield* sql.nameSession.run({ account, contact: contact.key, origin: firstIdentity(stored.from).address });
        continue;
      }
      const { author, conversation, lane } = stored.file(contact);
      const moves = Boolean(row.mayWait) && row.lane === before.lane;
      yield* sql.move.run({
        rowid: row.rowid,
        contact: contact.key,
        author,
        conversation,
        lane: moves ? lane : row.lane,
      });
    }
  };
}
