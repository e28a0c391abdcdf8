import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import type { NewEntry } from '../new-entry.ts';
import type { Accepted, PassEnd } from '../store.ts';
import type { Accounts } from './accounts.ts';
import type { CommandSteps } from './commands.ts';
import { waitsForApproval } from './contact-access.ts';
import type { Transaction } from './group-commit.ts';
import { type Inserts, note, nothing, settled } from './insert.ts';
import { prepareAll } from './prepare.ts';

/**
 * Stores what polling passes bring. Each method is a step to run inside a transaction. A pass belongs to its account
 * and to the store that began it.
 */
export interface Passes {
  hold(account: string, entries: readonly NewEntry[], at: number, transaction: Transaction): Accepted;
  end(account: string, end: PassEnd, at: number, transaction: Transaction): Accepted;
  release(account: string, newestFirst: boolean, at: number): Accepted;
}

const statements = {
  addAccount: 'INSERT OR IGNORE INTO accounts (account) VALUES (?)',
  owner: 'SELECT pass_owner FROM accounts WHERE account = ?',
  begin: 'UPDATE accounts SET pass_owner = ?, pass_batch = ?, pass_length = 0 WHERE account = ?',
  advance: 'UPDATE accounts SET pass_length = pass_length + ? WHERE account = ? RETURNING pass_batch, pass_length',
  finish: 'UPDATE accounts SET pass_owner = NULL WHERE account = ? AND pass_owner = ?',
  move: 'UPDATE entries SET batch = ?, position = ? WHERE id = ?',
  heldLanes: `SELECT DISTINCT lane FROM entries WHERE state = 'held' AND account = +? AND NOT ${waitsForApproval}`,
  release: `UPDATE entries SET state = iif(${waitsForApproval}, 'unpaired', 'pending'), position = position * ?, updated_at = ?
    WHERE state = 'held' AND account = ?`,
};

export function createPasses(db: DatabaseSync, inserts: Inserts, accounts: Accounts, commands: CommandSteps): Passes {
  const sql = prepareAll(db, statements);
  const owner = randomUUID();

  function begin(account: string): void {
    sql.addAccount.run(account);
    if (sql.owner.get(account)?.pass_owner !== owner) sql.begin.run(owner, inserts.beginBatch(), account);
  }

  function hold(account: string, entries: readonly NewEntry[], at: number, transaction: Transaction): Accepted {
    begin(account);
    const pass = sql.advance.get(entries.length, account);
    const batch = Number(pass?.pass_batch);
    const first = Number(pass?.pass_length) - entries.length;
    const accepted = nothing();
    const filings = inserts.file(entries, at, transaction);
    for (const [index, entry] of entries.entries()) {
      const found = inserts.find(entry.id);
      if (!found) {
        const added = inserts.add({ ...entry, account }, filings, 'held', { batch, position: first + index, at });
        note(entry.id, added, accepted);
      } else if (found.state === 'held' && found.batch !== batch) {
        sql.move.run(batch, first + index, entry.id);
      }
    }
    return accepted;
  }

  function release(account: string, newestFirst: boolean, at: number): Accepted {
    const lanes = sql.heldLanes.all(account).map(row => String(row.lane));
    sql.release.run(newestFirst ? -1 : 1, at, account);
    sql.finish.run(account, owner);
    return { ...nothing(), lanes, ...settled(commands) };
  }

  return {
    hold,
    release,
    end(account, { entries, newestFirst, cursor, proven = null }, at, transaction) {
      // Most passes of an idle poller find nothing.
      const accepted = entries.length === 0 ? nothing() : hold(account, entries, at, transaction);
      const released = release(account, newestFirst, at);
      accounts.setCursor(account, { cursor, proven });
      return { ...released, ...accepted, lanes: released.lanes };
    },
  };
}
