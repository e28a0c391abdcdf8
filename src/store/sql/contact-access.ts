import {
  type Access,
  type AccessState,
  accessStates,
  type ContactAccess,
  type Decision,
  type Holding,
  mostWrongCodes,
  type Named,
  type PairingOffer,
} from '../access.ts';
import type { NewOutgoing } from '../outbox.ts';
import type { KnownSenders } from './known-senders.ts';
import type { Outgoings } from './outbox.ts';
import { provided } from './provided.ts';
import type { PrepareAll, Statements, Step } from './step.ts';
import { wholeMilliseconds } from './time.ts';
import type { Transactions } from './transactions.ts';

/** When the code was sent: until then its time does not begin. */
const told = 'coalesce(notices.begun_at, one.since)';
const withNotice = 'contact_access AS one LEFT JOIN outbox AS notices ON notices.id = one.notice';
/** A code that is still to be sent, or may not have been, is valid. */
const isOver = `one.state = 'pending' AND ${told} + one.lifetime <= :at
  AND (notices.state IS NULL OR notices.state NOT IN ('pending', 'sending'))`;

/** Whether an entry that a polling pass holds has to wait on when the pass has ended. */
export const waitsForApproval = `EXISTS (SELECT 1 FROM contact_access AS one
  WHERE one.account = entries.account AND one.contact = entries.contact AND one.state = 'pending')`;

const row = `one.account, one.contact, one.state, one.since, one.decided_by AS decidedBy, one.code,
  CASE WHEN notices.state IN ('pending', 'sending') THEN NULL ELSE ${told} + one.lifetime END AS expiresAt,
  (SELECT count(*) FROM entries INDEXED BY entries_waiting
    WHERE state IN ('held', 'unpaired') AND account = one.account AND contact = one.contact) AS held`;

const statements = {
  get: `SELECT ${row} FROM ${withNotice} WHERE one.account = +:account AND one.contact = +:contact`,
  list: `SELECT ${row} FROM ${withNotice} WHERE one.state IN (SELECT value FROM json_each(?))
    ORDER BY CASE one.state WHEN 'pending' THEN 1 WHEN 'approved' THEN 2 ELSE 3 END, one.since DESC`,
  stateOf: 'SELECT state, notice FROM contact_access WHERE account = :account AND contact = :contact',
  byCode: `SELECT one.account, one.contact FROM ${withNotice} WHERE one.code = +:code AND NOT (${isOver})`,
  isOver: `SELECT 1 AS found FROM ${withNotice} WHERE one.account = +:account AND one.contact = +:contact AND ${isOver}`,
  over: `SELECT one.account, one.contact FROM ${withNotice} WHERE ${isOver}`,
  pending: `SELECT count(*) AS contacts FROM contact_access WHERE state = 'pending'`,
  codeTaken: 'SELECT 1 AS found FROM contact_access WHERE code = ?',
  ask: `INSERT INTO contact_access (account, contact, state, since, code, lifetime, notice)
    VALUES (:account, :contact, 'pending', :at, :code, :lifetime, :notice)`,
  decide: `INSERT INTO contact_access (account, contact, state, since, decided_by)
    VALUES (:account, :contact, :state, :at, :by)
    ON CONFLICT (account, contact) DO UPDATE SET state = excluded.state, since = excluded.since,
      decided_by = excluded.decided_by, code = NULL, lifetime = NULL, notice = NULL`,
  forget: 'DELETE FROM contact_access WHERE account = :account AND contact = :contact',
  rename: 'UPDATE contact_access SET contact = :keep WHERE account = :account AND contact = :other',
  dropNotice: `UPDATE outbox SET state = 'dropped', retry_at = NULL, updated_at = :at
    WHERE id = :notice AND ${provided(`state = 'pending'`)}`,
  held: `SELECT count(*) AS entries FROM entries INDEXED BY entries_waiting
    WHERE state IN ('held', 'unpaired') AND account = +:account AND contact = +:contact`,
  end: `UPDATE entries INDEXED BY entries_waiting SET state = :state, reason = :reason, retry_at = NULL, updated_at = :at
    WHERE state IN ('held', 'unpaired') AND state = 'unpaired'
      AND account = +:account AND contact = +:contact RETURNING id`,
  orphan: `SELECT 1 AS found FROM entries INDEXED BY entries_waiting
    WHERE state IN ('held', 'unpaired') AND state = 'unpaired' AND NOT ${waitsForApproval} LIMIT 1`,
  reconsider: `UPDATE entries INDEXED BY entries_waiting SET state = 'pending', updated_at = :at
    WHERE state IN ('held', 'unpaired') AND state = 'unpaired' AND NOT ${waitsForApproval} RETURNING id`,
  tells: `SELECT 1 AS found FROM contact_access WHERE notice = ? AND state = 'pending'`,
  wrongCodes: 'SELECT at FROM wrong_codes WHERE abs(:at - at) < :hour ORDER BY at',
  noteWrong: 'INSERT INTO wrong_codes (at) VALUES (?)',
  forgetWrong: 'DELETE FROM wrong_codes WHERE abs(:at - at) >= :hour',
};

const hour = 3_600_000;
const strength: Readonly<Record<AccessState, number>> = { pending: 1, approved: 2, blocked: 3 };

type Sql = Statements<keyof typeof statements>;

interface Contact {
  account: string;
  contact: string;
}

/** What others need of this inside their own transactions. */
export interface ContactAccesses {
  /** Decides what becomes of an entry whose sender has no access, and begins a pairing when there is none. */
  hold(contact: Contact, offer: PairingOffer, at: number): Step<Holding>;
  /**
   * Two contacts are one: a block of either holds, then an approval, then a code that waits. What waits is delivered or
   * dropped by that. Call it when the entries of the other one are the kept one's.
   */
  join(account: string, contacts: { keep: string; other: string }, at: number): Step<void>;
}

/** Creates the part of the store that keeps who may write: its steps for others' transactions, and the interface. */
export function createContactAccess(
  prepareAll: PrepareAll,
  {
    transactions,
    outgoings,
    senders,
  }: { transactions: Transactions; outgoings: Pick<Outgoings, 'add'>; senders: KnownSenders },
): { steps: ContactAccesses; access: Access } {
  const { read, write, operate } = transactions;
  const sql = prepareAll(statements);
  const pairings = createPairings(sql, outgoings);
  const decide = createDecisions(sql);
  /** What an operator decides is part of what is known of a contact. */
  const change = (step: (at: number) => Step<Decision>) =>
    operate((at, transaction) => {
      senders.forget(transaction);
      return step(at);
    });
  const pending = () => countPending(sql);
  return {
    steps: pairings,
    access: {
      get: (account, contact) =>
        read(function* () {
          return toAccess(yield* sql.get.get({ account, contact }));
        }),
      list: (states = accessStates) =>
        read(function* () {
          return (yield* sql.list.all(JSON.stringify(states))).flatMap(one => toAccess(one) ?? []);
        }),
      pending: () => read(pending),
      approve: (name, by) => change(at => decide(name, 'approved', { by, at })),
      deny: (name, by) => change(at => decide(name, 'blocked', { by, at })),
      revoke: (account, contact) => change(() => revoke(sql, { account, contact })),
      release: (account, contact) => write(at => pairings.release({ account, contact }, at)),
      reconsider: async () => {
        if ((await read(() => sql.orphan.get())) === undefined) return [];
        return write(function* (at) {
          return (yield* sql.reconsider.all({ at })).map(({ id }) => String(id));
        });
      },
      tells: outgoing =>
        read(function* () {
          return (yield* sql.tells.get(outgoing)) !== undefined;
        }),
      expire: async () => {
        // Hardly ever does anybody wait, and a look takes no lock.
        if ((await read(pending)) === 0) return [];
        return write(function* (at) {
          const expired: (Contact & { entries: string[] })[] = [];
          for (const { account, contact } of (yield* sql.over.all({ at })) as unknown as Contact[])
            expired.push({ account, contact, entries: yield* pairings.expire({ account, contact }, at) });
          return expired;
        });
      },
    },
  };
}

function* countPending(sql: Sql): Step<number> {
  return Number((yield* sql.pending.get())?.contacts);
}

function* find(sql: Sql, contact: Contact): Step<{ state: AccessState; notice: string | null } | null> {
  const found = yield* sql.stateOf.get({ ...contact });
  return found === undefined ? null : (found as { state: AccessState; notice: string | null });
}

/** Ends the wait of what was kept of a contact. Returns the ids. */
function* end(
  sql: Sql,
  contact: Contact,
  to: { state: 'pending' | 'dropped'; reason: string | null; at: number },
): Step<string[]> {
  return (yield* sql.end.all({ ...contact, ...to })).map(({ id }) => String(id));
}

/** Calls what an offer has. A throw costs the one entry: it would undo all that came with it. */
function made<T>(make: () => T): { value: T } | { failure: string } {
  try {
    return { value: make() };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { failure: `No code could be made for its sender: ${why}. This is a defect of the program` };
  }
}

/** Steps of pairings, to run inside a transaction. */
function createPairings(sql: Sql, outgoings: Pick<Outgoings, 'add'>) {
  function* expire(contact: Contact, at: number): Step<string[]> {
    yield* sql.forget.run({ ...contact });
    const reason = 'Nobody approved its sender while the code was valid';
    return yield* end(sql, contact, { state: 'dropped', reason, at });
  }

  function* hold(contact: Contact, offer: PairingOffer, at: number): Step<Holding> {
    if (yield* sql.isOver.get({ ...contact, at })) yield* expire(contact, at);
    const state = (yield* find(sql, contact))?.state;
    if (state === 'approved') return { state: 'admitted' };
    const denied = (reason: string) => ({ state: 'denied' as const, reason, ...(offer.denied ?? {}) });
    if (state === 'blocked') return denied(deniedByOperator);
    if (state === 'pending') {
      if (Number((yield* sql.held.get({ ...contact }))?.entries) < offer.held) return { state: 'unpaired', lanes: [] };
      return { state: 'limited', reason: `${offer.held} messages of its sender wait for approval already` };
    }
    if (offer.tell === null) return denied('Its sender is not approved, and has not written it');
    if ((yield* countPending(sql)) >= offer.most) return denied(`${offer.most} senders wait for approval already`);
    const begun = yield* begin(contact, { ...offer, tell: offer.tell }, at);
    return 'failure' in begun ? denied(begun.failure) : { state: 'unpaired', lanes: begun.lanes };
  }

  function* begin(
    contact: Contact,
    { newCode, expires, tell }: PairingOffer & { tell: (code: string) => NewOutgoing },
    at: number,
  ): Step<{ lanes: string[] } | { failure: string }> {
    let code = made(newCode);
    while ('value' in code && (yield* sql.codeTaken.get(code.value))) code = made(newCode);
    if ('failure' in code) return code;
    const { value } = code;
    const notice = made(() => tell(value));
    if ('failure' in notice) return notice;
    const lifetime = wholeMilliseconds(expires, 'the time for which a code is valid');
    yield* sql.ask.run({ ...contact, code: value, lifetime, notice: notice.value.id, at });
    return { lanes: yield* outgoings.add([notice.value], at) };
  }

  return {
    hold,
    expire,
    *join(account: string, { keep, other }: { keep: string; other: string }, at: number): Step<void> {
      const [kept, lost] = [
        { account, contact: keep },
        { account, contact: other },
      ];
      const [has, had] = [yield* find(sql, kept), yield* find(sql, lost)];
      if (had === null) return;
      const isStronger = has === null || strength[had.state] > strength[has.state];
      const [stays, goes] = isStronger ? [had, has] : [has, had];
      if (goes?.notice) yield* sql.dropNotice.run({ notice: goes.notice, at });
      yield* sql.forget.run(isStronger ? { ...kept } : { ...lost });
      if (isStronger) yield* sql.rename.run({ account, keep, other });
      if (stays.state === 'approved') yield* end(sql, kept, { state: 'pending', reason: null, at });
      if (stays.state === 'blocked') yield* end(sql, kept, { state: 'dropped', reason: deniedByOperator, at });
    },
    *release(contact: Contact, at: number): Step<string[]> {
      const known = yield* find(sql, contact);
      if (known?.state !== 'pending') return [];
      yield* sql.forget.run({ ...contact });
      yield* sql.dropNotice.run({ notice: known.notice, at });
      return yield* end(sql, contact, { state: 'pending', reason: null, at });
    },
  };
}

const deniedByOperator = 'An operator has denied its sender';

/** Returns the step that carries out an operator's decision, to run inside a transaction. */
function createDecisions(sql: Sql) {
  /** Finds whom an operator means, or why that cannot be said. */
  function* named(name: Named, at: number): Step<Contact | Extract<Decision, { done: false }>> {
    if (!('code' in name)) return { account: name.account, contact: name.contact };
    const times = (yield* sql.wrongCodes.all({ at, hour })).map(wrong => Number(wrong.at));
    if (times.length >= mostWrongCodes) {
      const first = times[times.length - mostWrongCodes] ?? at;
      return { done: false, why: 'too many wrong codes', until: Math.min(first, at) + hour };
    }
    const found = (yield* sql.byCode.get({ code: name.code, at })) as Contact | undefined;
    if (found !== undefined) return { account: found.account, contact: found.contact };
    yield* sql.forgetWrong.run({ at, hour });
    yield* sql.noteWrong.run(at);
    return { done: false, why: 'unknown code', left: mostWrongCodes - times.length - 1 };
  }

  return function* (
    name: Named,
    state: 'approved' | 'blocked',
    { by, at }: { by: string; at: number },
  ): Step<Decision> {
    const contact = yield* named(name, at);
    if ('done' in contact) return contact;
    const known = yield* find(sql, contact);
    const was = known?.state ?? null;
    if (was === state) return { done: false, why: 'unchanged', ...contact, was };
    yield* sql.decide.run({ ...contact, state, by, at });
    // Nobody needs a code any more that has not been sent.
    if (known?.notice) yield* sql.dropNotice.run({ notice: known.notice, at });
    const entries =
      state === 'approved'
        ? yield* end(sql, contact, { state: 'pending', reason: null, at })
        : yield* end(sql, contact, { state: 'dropped', reason: deniedByOperator, at });
    return { done: true, ...contact, was, entries };
  };
}

function* revoke(sql: Sql, contact: Contact): Step<Decision> {
  const was = (yield* find(sql, contact))?.state ?? null;
  if (was !== 'approved' && was !== 'blocked') return { done: false, why: 'unchanged', ...contact, was };
  yield* sql.forget.run({ ...contact });
  return { done: true, ...contact, was, entries: [] };
}

function toAccess(one: Record<string, unknown> | undefined): ContactAccess | null {
  return one === undefined ? null : (one as unknown as ContactAccess);
}
