import type { AccountOpening } from '../account-opening.ts';
import type { ContactReads } from './contact-reads.ts';
import { numberOfSession } from './queries.ts';
import type { PrepareAll, Step } from './step.ts';

/** Files again what waits. `Store.refile` describes the rules. To run inside a transaction. Returns the lanes that have work. */
export type Refile = (account: string, read: AccountOpening['read'], alone: boolean) => Step<string[]>;

const states = `state IN ('held', 'pending', 'failed', 'dropped', 'unpaired', 'denied', 'limited')`;
const any = `state IN ('held', 'pending', 'sending', 'failed', 'dropped', 'unpaired', 'denied', 'limited')`;
const freeContext = `outcome = 'context' AND carried_by IS NULL`;
/** No run of it began, so it can begin in another session. */
const isFresh = 'run_number = 0 AND open_run IS NULL';
const place = 'contact, coalesce(conversation, lane) AS conversation, lane, coalesce(session, lane) AS session';
const together = `contact = :contact AND account = +:account AND lane = :from AND coalesce(session, lane) = :fromSession
  AND coalesce(conversation, lane) = :conversation`;
const there =
  'lane = :lane, session = :session, conversation = CASE WHEN :conversation = :lane THEN NULL ELSE :conversation END';

const statements = {
  // One row for all that was filed alike. The hints keep SQLite from reading what has ended.
  places: `SELECT ${place}, max(rowid) AS rowid FROM entries INDEXED BY entries_by_state
      WHERE ${any} AND account = +:account AND contact IS NOT NULL GROUP BY 1, 2, 3, 4
    UNION SELECT ${place}, max(rowid) AS rowid FROM entries INDEXED BY entries_context
      WHERE ${freeContext} AND account = +:account AND contact IS NOT NULL GROUP BY 1, 2, 3, 4`,
  body: 'SELECT body FROM entries WHERE rowid = ?',
  begun: `SELECT DISTINCT lane FROM entries INDEXED BY entries_queue
    WHERE state IN ('pending', 'sending') AND NOT (${isFresh})`,
  move: `UPDATE entries INDEXED BY entries_by_state SET ${there}, session_number = ${numberOfSession}
    WHERE ${states} AND ${isFresh} AND ${together}`,
  moveAll: `UPDATE entries INDEXED BY entries_by_state SET ${there} WHERE ${any} AND ${together}`,
  moveContext: `UPDATE entries INDEXED BY entries_context SET ${there} WHERE ${freeContext} AND ${together}`,
};

interface Place {
  contact: string;
  conversation: string;
  lane: string;
  session: string;
  rowid: number;
}

export function createRefile(prepareAll: PrepareAll, contacts: Pick<ContactReads, 'get'>): Refile {
  const sql = prepareAll(statements);
  return function* (account, read, alone) {
    const begun = new Set((yield* sql.begun.all()).map(({ lane }) => String(lane)));
    const lanes = new Set<string>();
    const places = (yield* sql.places.all({ account })) as unknown as Place[];
    for (const { contact, conversation, lane, session, rowid } of places) {
      const known = yield* contacts.get(account, contact);
      const stored = known && read(String((yield* sql.body.get(rowid))?.body));
      if (!known || !stored) continue;
      const filed = stored.file(known);
      // What was kept under another name belongs to somebody else's conversation by now, which this does not decide.
      if (filed.conversation !== conversation || (filed.lane === lane && filed.session === session)) continue;
      const isSameSession = filed.session === session;
      if (isSameSession ? !alone : begun.has(lane)) continue;
      const move = { account, contact, conversation, from: lane, fromSession: session };
      const to = { lane: filed.lane, session: filed.session };
      yield* (isSameSession ? sql.moveAll : sql.move).run({ ...move, ...to });
      yield* sql.moveContext.run({ ...move, ...to });
      lanes.add(filed.lane);
    }
    return [...lanes];
  };
}
