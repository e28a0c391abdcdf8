import { randomUUID } from 'node:crypto';
import type { Accepted, PagePlace, PassEnd } from '../arrivals.ts';
import type { NewEntry } from '../new-entry.ts';
import type { Accounts } from './accounts.ts';
import type { CommandSteps } from './commands.ts';
import { waitsForApproval } from './contact-access.ts';
import type { Transaction } from './driver.ts';
import { type Inserts, note, nothing, settled } from './insert.ts';
import type { PrepareAll, Step } from './step.ts';

/**
 * Stores what polling passes bring. Each method is a step to run inside a transaction. A pass belongs to its account.
 */
export interface Passes {
  hold(account: string, page: Page, at: number, transaction: Transaction): Step<Accepted>;
  end(account: string, end: PassEnd, at: number, transaction: Transaction): Step<Accepted>;
  release(account: string, newestFirst: boolean, at: number, transaction: Transaction): Step<Accepted>;
}

type Page = PagePlace & { entries: readonly NewEntry[] };

/** What a pass that is begun once more has found of each sender above all that was known of it. */
interface Top {
  batch: number;
  length: number;
  /** Of whom the list has shown something that is known. */
  known: Set<string>;
}

const statements = {
  addAccount: 'INSERT INTO accounts (account) VALUES (?) ON CONFLICT DO NOTHING',
  owner: 'SELECT pass_owner FROM accounts WHERE account = ?',
  begin: 'UPDATE accounts SET pass_owner = ?, pass_batch = ?, pass_length = 0 WHERE account = ?',
  takeOver: 'UPDATE accounts SET pass_owner = ? WHERE account = ?',
  advance: 'UPDATE accounts SET pass_length = pass_length + ? WHERE account = ? RETURNING pass_batch, pass_length',
  finish: 'UPDATE accounts SET pass_owner = NULL WHERE account = ?',
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
  /** By account, for a pass that is begun once more. */
  const tops = new Map<string, Top>();

  /**
   * Begins a pass. One that goes over the list of an unfinished one once more has its batch and goes on with its positions, so
   * that what it finds has its place before what came by webhook meanwhile. Only what its list has of a sender above all that
   * is known of that one came later, and has a batch of its own.
   */
  function* begin(account: string, begins: boolean): Step<void> {
    yield* sql.addAccount.run(account);
    const unfinished = (yield* sql.owner.get(account))?.pass_owner ?? null;
    if (!begins && unfinished === owner) return;
    tops.delete(account);
    const batch = yield* inserts.beginBatch();
    if (unfinished === null) {
      yield* sql.begin.run(owner, batch, account);
    } else {
      yield* sql.takeOver.run(owner, account);
      tops.set(account, { batch, length: 0, known: new Set() });
    }
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
    const again = newestFirst ? tops.get(account) : undefined;
    for (const [index, entry] of entries.entries()) {
      const sender = senderOf(entry);
      if (yield* inserts.ids.find(entry.id, transaction)) {
        again?.known.add(sender);
        continue;
      }
      const top = again?.known.has(sender) ? undefined : again;
      const inList = top === undefined ? first + index : top.length++;
      const place = { batch: top?.batch ?? batch, position: newestFirst ? 0 - inList : inList };
      const added = yield* inserts.add({ ...entry, account }, filings, 'held', { ...place, at, transaction });
      note(entry.id, added, accepted);
    }
    return accepted;
  }

  function* release(account: string, newestFirst: boolean, at: number, transaction: Transaction): Step<Accepted> {
    const lanes = (yield* sql.heldLanes.all(account)).map(row => String(row.lane));
    yield* sql.release.run({ sign: newestFirst ? -1 : 1, at, account });
    yield* sql.finish.run(account);
    tops.delete(account);
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

/** A name for whoever wrote an entry: the same one in all rows of a list. */
function senderOf(entry: NewEntry): string {
  if (entry.from === undefined) return entry.lane;
  const { userId, parentId, phone } = entry.from;
  return userId ?? parentId ?? phone ?? '';
}
