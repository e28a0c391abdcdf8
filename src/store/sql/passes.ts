import { randomUUID } from 'node:crypto';
import type { Accepted, PagePlace, PassEnd } from '../arrivals.ts';
import type { NewEntry } from '../new-entry.ts';
import type { Accounts } from './accounts.ts';
import type { CommandSteps } from './commands.ts';
import { waitsForApproval } from './contact-access.ts';
import type { Transaction } from './driver.ts';
import { type Inserts, note, nothing, settled } from './insert.ts';
import { provided } from './provided.ts';
import type { PrepareAll, Step } from './step.ts';

/**
 * Stores what polling passes bring. Each method is a step to run inside a transaction. A pass belongs to its account
 * and to the store that began it.
 */
export interface Passes {
  hold(account: string, page: Page, at: number, transaction: Transaction): Step<Accepted>;
  end(account: string, end: PassEnd, at: number, transaction: Transaction): Step<Accepted>;
  release(account: string, newestFirst: boolean, at: number, transaction: Transaction): Step<Accepted>;
}

type Page = PagePlace & { entries: readonly NewEntry[] };

/** An entry of a page. */
type Listed = Pick<NewEntry, 'id' | 'occurredAt'> & { index: number };

const statements = {
  addAccount: 'INSERT INTO accounts (account) VALUES (?) ON CONFLICT DO NOTHING',
  owner: 'SELECT pass_owner FROM accounts WHERE account = ?',
  begin: 'UPDATE accounts SET pass_owner = ?, pass_batch = ?, pass_length = 0 WHERE account = ?',
  advance: 'UPDATE accounts SET pass_length = pass_length + ? WHERE account = ? RETURNING pass_batch, pass_length',
  finish: 'UPDATE accounts SET pass_owner = NULL WHERE account = ? AND pass_owner = ?',
  move: `UPDATE entries SET batch = ?, position = ? WHERE id = ? AND ${provided(`state = 'held'`)}`,
  firstOf: `SELECT batch, position FROM entries
    WHERE id IN (SELECT value FROM json_each(:newer)) AND ${provided(`state <> 'held'`)}
      AND (lane, occurred_at) = (SELECT lane, occurred_at FROM entries WHERE id = :id)
    ORDER BY batch, position LIMIT 1`,
  heldLanes: `SELECT DISTINCT lane FROM entries WHERE state = 'held' AND account = +? AND NOT ${waitsForApproval}`,
  release: `UPDATE entries SET state = CASE WHEN ${waitsForApproval} THEN 'unpaired' ELSE 'pending' END,
      position = :sign * abs(position), updated_at = :at
    WHERE state = 'held' AND account = :account`,
};

export function createPasses(
  prepareAll: PrepareAll,
  inserts: Inserts,
  accounts: Accounts,
  commands: CommandSteps,
): Passes {
  const sql = prepareAll(statements);
  const owner = randomUUID();

  function* begin(account: string, begins: boolean): Step<void> {
    yield* sql.addAccount.run(account);
    if (!begins && (yield* sql.owner.get(account))?.pass_owner === owner) return;
    yield* sql.begin.run(owner, yield* inserts.beginBatch(), account);
  }

  function* hold(
    account: string,
    { entries, newestFirst, begins = false }: Page,
    at: number,
    transaction: Transaction,
  ): Step<Accepted> {
    yield* begin(account, begins);
    const pass = yield* sql.advance.get(entries.length, account);
    const batch = Number(pass?.pass_batch);
    const first = Number(pass?.pass_length) - entries.length;
    const accepted = nothing();
    const filings = inserts.file(entries, at, transaction);
    const [delivered, placed]: [Listed[], Listed[]] = [[], []];
    for (const [index, entry] of entries.entries()) {
      const position = newestFirst ? 0 - (first + index) : first + index;
      const found = yield* inserts.ids.find(entry.id, transaction);
      if (!found) {
        const place = { batch, position, at, transaction };
        const added = yield* inserts.add({ ...entry, account }, filings, 'held', place);
        note(entry.id, added, accepted);
        placed.push({ ...entry, index });
      } else if (found.state !== 'held') {
        delivered.push({ ...entry, index });
      } else if (found.batch !== batch) {
        yield* sql.move.send(batch, position, entry.id);
        inserts.ids.note(entry.id, { ...found, batch }, transaction);
        placed.push({ ...entry, index });
      }
    }
    if (newestFirst) yield* putBefore(placed, delivered);
    return accepted;
  }

  /**
   * Puts entries before those of the same lane and second that the list has as newer, and that came by webhook before this
   * pass. The position is negative, as that of all in a pass whose list is newest first.
   */
  function* putBefore(placed: readonly Listed[], delivered: readonly Listed[]): Step<void> {
    for (const { id, occurredAt, index } of placed) {
      const newer = delivered.filter(one => one.index < index && one.occurredAt === occurredAt).map(one => one.id);
      if (newer.length === 0) continue;
      const first = yield* sql.firstOf.get({ id, newer: JSON.stringify(newer) });
      if (first === undefined) continue;
      yield* sql.move.send(Number(first.batch), Math.min(0, Number(first.position)) - 1 - index, id);
    }
  }

  function* release(account: string, newestFirst: boolean, at: number, transaction: Transaction): Step<Accepted> {
    const lanes = (yield* sql.heldLanes.all(account)).map(row => String(row.lane));
    yield* sql.release.run({ sign: newestFirst ? -1 : 1, at, account });
    yield* sql.finish.run(account, owner);
    return { ...nothing(), lanes, ...settled(yield* commands.settle(transaction)) };
  }

  return {
    hold,
    release,
    *end(account, { entries, newestFirst, begins = false, cursor, proven = null }, at, transaction) {
      // Most passes of an idle poller find nothing.
      const accepted =
        entries.length === 0 ? nothing() : yield* hold(account, { entries, newestFirst, begins }, at, transaction);
      const released = yield* release(account, newestFirst, at, transaction);
      yield* accounts.setCursor(account, { cursor, proven });
      return { ...released, ...accepted, lanes: released.lanes };
    },
  };
}
