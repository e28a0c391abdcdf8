import type { AccountOpening, FirstStart } from '../account-opening.ts';
import type { Transaction } from './driver.ts';
import { fileAsBefore, type LearnContacts } from './learn-contacts.ts';
import type { PrepareAll, Step } from './step.ts';
import { wholeMilliseconds } from './time.ts';

/**
 * What is stored for each account. Each method is a step to run inside a transaction. The methods of `Store` describe
 * the rules.
 */
export interface Accounts {
  open(account: string, opening: AccountOpening, transaction: Transaction): Step<boolean>;
  setFirstStart(account: string, note: FirstStart | null): Step<void>;
  setCursor(account: string, position: { cursor: number; proven: number | null }): Step<void>;
}

const notEnded = `state IN ('held', 'pending', 'sending', 'failed', 'dropped', 'unpaired', 'denied', 'limited')`;

const statements = {
  add: 'INSERT INTO accounts (account) VALUES (?) ON CONFLICT DO NOTHING',
  noteFirst: `UPDATE accounts SET first_start = :own, first_listed = :listed WHERE account = :account`,
  noteNew: 'UPDATE accounts SET first_start = :startedAt WHERE account = :account AND cursor IS NULL',
  setCursor: `INSERT INTO accounts (account, cursor, proven) VALUES (:account, :cursor, :proven)
    ON CONFLICT (account) DO UPDATE SET cursor = excluded.cursor, proven = coalesce(excluded.proven, accounts.proven)`,
  takePosition: `UPDATE accounts SET cursor = intake.cursor, proven = intake.proven FROM intake WHERE account = +?`,
  leavePosition: 'UPDATE intake SET cursor = NULL, proven = NULL, pass_owner = NULL',
  // By indexes: most entries have ended, and those are not read.
  notEnded: `SELECT rowid FROM entries WHERE ${notEnded}
    UNION SELECT rowid FROM entries WHERE outcome = 'context' AND carried_by IS NULL
    UNION SELECT rowid FROM entries WHERE carried_by IS NOT NULL
    UNION SELECT rowid FROM entries WHERE amends IS NOT NULL`,
  read: 'SELECT lane, body FROM entries WHERE rowid = ? AND account IS NULL',
  others: 'SELECT 1 AS found FROM accounts WHERE account <> ? LIMIT 1',
  oldLanes: `SELECT 1 AS found FROM entries INDEXED BY entries_by_state
    WHERE ${notEnded} AND lane = session LIMIT 1`,
  readElsewhere: `SELECT lane, session, body FROM entries
    WHERE rowid = ? AND session IS NOT NULL AND (account <> ? OR lane = session)`,
  moveLane: 'UPDATE entries SET lane = :lane, conversation = coalesce(conversation, lane) WHERE rowid = :rowid',
  move: `UPDATE entries SET account = :account, lane = :lane, contact = :contact, conversation = :conversation,
    session = :session, author = coalesce(:author, author) WHERE rowid = :rowid`,
};

export function createAccounts(prepareAll: PrepareAll, learnContacts: LearnContacts): Accounts {
  const sql = prepareAll(statements);

  function* setFirstStart(account: string, note: FirstStart | null): Step<void> {
    const whole = (time: number | null) =>
      time === null ? null : wholeMilliseconds(time, 'the time of the first start');
    yield* sql.noteFirst.run({ account, own: whole(note?.own ?? null), listed: whole(note?.listed ?? null) });
  }

  /** Takes over what was stored without an account. */
  function* takeOver(account: string, read: AccountOpening['read']): Step<void> {
    yield* sql.takePosition.run(account);
    yield* sql.leavePosition.run();
    for (const one of yield* sql.notEnded.all()) {
      const rowid = Number(one.rowid);
      const found = yield* sql.read.get(rowid);
      if (found === undefined) continue;
      const session = String(found.lane);
      const filed = fileAsBefore(account, read(String(found.body)));
      const lane = filed?.session === session ? filed.lane : session;
      const { contact = null, conversation = lane, author = null } = filed ?? {};
      const named = conversation === lane ? null : conversation;
      yield* sql.move.run({ rowid, account, lane, contact, conversation: named, session, author });
    }
  }

  /**
   * Moves entries of other accounts, and of lanes of the previous version, into the lane in which new entries of their
   * session are filed. A session has one lane, so that it never has two runs at once.
   */
  function* shareLanes(account: string, read: AccountOpening['read']): Step<void> {
    if (!(yield* sql.others.get(account)) && !(yield* sql.oldLanes.get())) return;
    for (const one of yield* sql.notEnded.all()) {
      const rowid = Number(one.rowid);
      const found = yield* sql.readElsewhere.get(rowid, account);
      const filed = found && fileAsBefore(account, read(String(found.body)));
      if (!filed || filed.session !== found.session || filed.lane === found.lane) continue;
      yield* sql.moveLane.run({ rowid, lane: filed.lane });
    }
  }

  return {
    *open(account, { noted, startedAt, read }, transaction) {
      const isNew = (yield* sql.add.run(account)) === 1;
      if (isNew) yield* takeOver(account, read);
      yield* learnContacts(account, read, transaction);
      yield* shareLanes(account, read);
      if (!isNew) return false;
      if (noted !== null) yield* setFirstStart(account, noted);
      else if (startedAt !== null)
        yield* sql.noteNew.run({ account, startedAt: wholeMilliseconds(startedAt, 'the first start') });
      return true;
    },
    setFirstStart,
    *setCursor(account, { cursor, proven }) {
      yield* sql.setCursor.run({
        account,
        cursor: wholeMilliseconds(cursor, 'the cursor'),
        proven: proven && wholeMilliseconds(proven, 'the proven position'),
      });
    },
  };
}
