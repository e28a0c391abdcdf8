import type { Clock } from '../../src/clock.ts';
import type { FirstStart } from '../../src/store/account-opening.ts';
import type { Accepted, PagePlace } from '../../src/store/arrivals.ts';
import { type EntryState, entryStates, type FiledEntry, type NewEntry } from '../../src/store/new-entry.ts';
import type { Entry, Store } from '../../src/store/store.ts';

interface Row extends Entry {
  batch: number;
  position: number;
}

/** The store's rules in the plainest form, in memory. The property test compares a real store with it. */
export interface ModelStore
  extends Omit<
    Store,
    | ('changedElsewhere' | 'probe' | 'close' | 'outbox' | 'contacts' | 'access' | 'commands' | 'awaitApproval')
    | (
        | 'arrivals'
        | 'endingWith'
        | 'markRestored'
        | 'forgetting'
        | 'claims'
        | 'abandoned'
        | 'operations'
        | 'onNews'
        | 'notes'
      )
  > {
  /** Does what a restart does: it ends the polling pass under way. */
  restart(): void;
}

/** Who has written is not the model's matter. */
function filed(entry: NewEntry): FiledEntry {
  if (entry.from !== undefined) throw new Error('the model takes entries that are filed');
  return entry;
}

export function createModelStore(clock: Clock): ModelStore {
  const rows = new Map<string, Row>();
  interface AccountRow {
    cursor: number | null;
    proven: number | null;
    firstStart: FirstStart | null;
  }
  const accounts = new Map<string, AccountRow>();
  const known = (account: string): AccountRow => {
    const row = accounts.get(account) ?? { cursor: null, proven: null, firstStart: null };
    accounts.set(account, row);
    return row;
  };
  let batches = 0;
  interface Pass {
    batch: number;
    length: number;
    top: { batch: number; length: number; known: Set<string> } | null;
    isGoing: boolean;
  }
  /** The unfinished ones. */
  const passes = new Map<string, Pass>();

  /** The entries that are being taken in. */
  let coming: readonly NewEntry[] = [];
  const at = (): number => {
    const shown = [...rows.values(), ...coming].map(({ occurredAt }) => occurredAt);
    const cursors = [...accounts.values()].flatMap(({ cursor }) => cursor ?? []);
    return Math.max(clock.now(), cursors.length > 0 ? Math.max(...cursors) : Math.max(0, ...shown));
  };
  const taking = <T>(entries: readonly NewEntry[], take: () => T): T => {
    coming = entries;
    const result = take();
    coming = [];
    return result;
  };

  const undelivered: EntryState[] = ['pending', 'sending'];
  /** What an operator can queue again without force. */
  const retryable: EntryState[] = ['failed', 'dropped', 'denied', 'limited'];
  const byOrder = (a: Row, b: Row) => a.occurredAt - b.occurredAt || a.batch - b.batch || a.position - b.position;
  const having = (...states: EntryState[]) => [...rows.values()].filter(row => states.includes(row.state));
  const plain = ({ batch: _batch, position: _position, ...entry }: Row): Entry => entry;

  function add(entry: NewEntry, state: EntryState, batch: number, position: number): void {
    const from = filed(entry);
    rows.set(from.id, {
      id: from.id,
      account: from.account,
      lane: from.lane,
      contact: from.contact ?? null,
      conversation: from.conversation ?? from.lane,
      session: from.session ?? from.lane,
      occurredAt: from.occurredAt,
      receivedAt: at(),
      body: from.body,
      author: from.author ?? null,
      amends: from.amends ?? null,
      state: from.failure === undefined ? state : 'failed',
      attempts: 0,
      firstAttemptAt: null,
      retryAt: null,
      runKey: null,
      runNumber: 0,
      begunAt: null,
      unresolvedRun: null,
      reason: from.failure ?? null,
      outcome: null,
      carriedBy: null,
      settledAt: null,
      arrivedBy: from.by ?? null,
      updatedAt: at(),
      batch,
      position,
    });
  }

  function change(id: string, from: EntryState[], to: (row: Row) => Partial<Row>): boolean {
    const row = rows.get(id);
    if (!row || !from.includes(row.state)) return false;
    Object.assign(row, to(row), { updatedAt: at() });
    return true;
  }

  function mergeInto(id: string, merged: readonly string[]): void {
    for (const one of merged) {
      const row = rows.get(one);
      const isFree = row?.outcome === 'context' && row.carriedBy === null;
      if (row?.runNumber !== 0 && !isFree) continue;
      change(one, isFree ? ['settled'] : ['held', 'pending'], () => ({
        state: 'settled',
        outcome: 'merged',
        carriedBy: id,
        retryAt: null,
        reason: null,
      }));
    }
  }

  /** An entry that was given up carries no context any more. */
  function giveUp(id: string, givenUp: boolean): boolean {
    if (!givenUp) return false;
    for (const row of rows.values()) if (row.carriedBy === id && row.outcome === 'context') row.carriedBy = null;
    return true;
  }

  /** Changes those that the entry carries in its run. */
  function changeGathered(id: string, to: (row: Row) => Partial<Row> | null, from: EntryState[] = undelivered): void {
    for (const row of rows.values()) {
      if (row.carriedBy !== id || row.runKey === null || !from.includes(row.state)) continue;
      const changes = to(row);
      if (changes) Object.assign(row, changes, { updatedAt: at() });
    }
  }

  function failGathered(id: string, reason: string, open: boolean, runKey?: string | null): void {
    changeGathered(id, row =>
      runKey === undefined || row.runKey === runKey
        ? {
            state: 'failed',
            reason,
            unresolvedRun: open && row.state === 'sending' ? row.runKey : row.unresolvedRun,
            retryAt: null,
          }
        : null,
    );
  }

  const releaseGathered = (id: string) => changeGathered(id, () => ({ runKey: null, carriedBy: null }), ['pending']);

  /** What waits its turn by itself, in order. */
  const queue = (lane: string) =>
    having(...undelivered)
      .filter(row => row.lane === lane)
      .filter(row => row.runKey === null || !undelivered.includes(rows.get(row.carriedBy ?? '')?.state ?? 'settled'))
      .sort(byOrder);

  function isRun(id: string, runKey: string | null | undefined): boolean {
    return runKey === undefined || rows.get(id)?.runKey === runKey;
  }

  /** Call it before anything else happens: only entries that just came can be among the failed ones. */
  function failures(inserted: readonly string[]): Accepted['failed'] {
    return inserted.flatMap(id => {
      const row = rows.get(id);
      return row?.state === 'failed' ? [{ id, reason: String(row.reason) }] : [];
    });
  }

  function holdPage(
    account: string,
    entries: readonly NewEntry[],
    { newestFirst, begins = false }: PagePlace,
  ): string[] {
    known(account);
    let pass = passes.get(account);
    if (pass === undefined) {
      pass = { batch: ++batches, length: 0, top: null, isGoing: true };
      passes.set(account, pass);
    } else if (begins || !pass.isGoing) {
      Object.assign(pass, { isGoing: true, top: { batch: ++batches, length: 0, known: new Set() } });
    }
    const inserted: string[] = [];
    const again = newestFirst ? pass.top : null;
    for (const item of entries) {
      const inPass = pass.length++;
      const { lane } = filed(item);
      if (rows.has(item.id)) {
        again?.known.add(lane);
        continue;
      }
      const top = again?.known.has(lane) ? null : again;
      const inList = top === null ? inPass : top.length++;
      add({ ...item, account }, 'held', top?.batch ?? pass.batch, newestFirst ? 0 - inList : inList);
      inserted.push(item.id);
    }
    return inserted;
  }

  function release(account: string, newestFirst: boolean): string[] {
    passes.delete(account);
    const held = having('held').filter(row => row.account === account);
    for (const row of held) {
      const inList = Math.abs(row.position);
      Object.assign(row, { state: 'pending', updatedAt: at(), position: newestFirst ? 0 - inList : inList });
    }
    return [...new Set(held.map(row => row.lane))];
  }

  function accept(entries: readonly NewEntry[]): Accepted {
    const batch = ++batches;
    const inserted: string[] = [];
    const lanes = new Set<string>();
    for (const [position, item] of entries.entries()) {
      const row = rows.get(item.id);
      if (!row) {
        add(item, 'pending', batch, position);
        inserted.push(item.id);
        const { failure, lane } = filed(item);
        if (failure === undefined) lanes.add(lane);
      } else if (row.state === 'held') {
        for (const held of having('held')) {
          if (held.lane !== row.lane || byOrder(held, row) > 0) continue;
          Object.assign(held, { state: 'pending', updatedAt: at() });
        }
        lanes.add(row.lane);
      }
    }
    return { inserted, failed: failures(inserted), refused: [], lanes: [...lanes], replyLanes: [], pairings: [] };
  }

  return {
    displaced: () => null,
    restart() {
      for (const pass of passes.values()) pass.isGoing = false;
    },
    accept: async entries => taking(entries, () => accept(entries)),
    hold: async (account, entries, place = { newestFirst: true }) =>
      taking(entries, () => {
        const inserted = holdPage(account, entries, place);
        return { inserted, failed: failures(inserted), refused: [], lanes: [], replyLanes: [], pairings: [] };
      }),
    holding: async () => [...new Set(having('held').map(row => String(row.account)))],
    releaseHeld: async (account, newestFirst) => ({
      ...{ inserted: [], failed: [], lanes: release(account, newestFirst) },
      ...{ refused: [], replyLanes: [], pairings: [] },
    }),
    endPass: async (account, end) =>
      taking(end.entries, () => {
        const inserted = holdPage(account, end.entries, end);
        const lanes = release(account, end.newestFirst);
        const row = known(account);
        row.cursor = end.cursor;
        row.proven = end.proven ?? row.proven;
        return { inserted, failed: failures(inserted), refused: [], lanes, replyLanes: [], pairings: [] };
      }),
    async openAccount(account, { noted, startedAt }) {
      if (accounts.has(account)) return false;
      known(account).firstStart = noted ?? (startedAt === null ? null : { own: startedAt, listed: null });
      return true;
    },
    refile: async () => [],
    firstStart: async account => accounts.get(account)?.firstStart ?? null,
    async setFirstStart(account, note) {
      const row = accounts.get(account);
      if (row) row.firstStart = note;
    },
    cursor: async account => accounts.get(account)?.cursor ?? null,
    proven: async account => accounts.get(account)?.proven ?? null,
    async setCursor(account, position, options) {
      const row = known(account);
      row.cursor = position;
      if (options?.proven) row.proven = position;
    },
    lanes: async account => {
      const mine = having('pending', 'sending').filter(row => account === undefined || row.account === account);
      return [...new Set(mine.map(row => row.lane))];
    },
    async head(lane) {
      const first = queue(lane)[0];
      return first ? plain(first) : null;
    },
    waiting: async (lane, limit) => queue(lane).slice(0, limit).map(plain),
    failing: async ({ attempts, limit }) =>
      having('pending', 'sending')
        .filter(row => row.attempts > 0 && row.attempts >= attempts)
        .sort((a, b) => Number(a.firstAttemptAt) - Number(b.firstAttemptAt) || byOrder(a, b))
        .slice(0, limit)
        .map(plain),
    async begin(id, { contextOf, lane: _lane, session: _session, gathers = [], ...run }) {
      const entry = rows.get(id);
      if (entry?.runKey === null && ['pending', 'sending'].includes(entry.state)) {
        for (const row of rows.values()) {
          const isAuthors = row.author !== null && row.author === entry.author;
          const same = row.lane === entry.lane && (contextOf === 'lane' || isAuthors);
          if (same && row.outcome === 'context' && row.carriedBy === null) row.carriedBy = id;
        }
      }
      const begun = change(id, ['pending', 'sending'], row => ({
        state: 'sending',
        ...run,
        begunAt: row.runKey === run.runKey ? (row.begunAt ?? clock.now()) : clock.now(),
        unresolvedRun: null,
        carriedBy: null,
        retryAt: null,
        reason: null,
      }));
      if (!begun) throw new Error(`${id} is neither pending nor sending`);
      const { runKey } = run;
      changeGathered(id, () => ({ state: 'sending', runKey, unresolvedRun: null, reason: null }));
      for (const row of having('failed', 'dropped')) if (row.carriedBy === id && row.runKey) row.carriedBy = null;
      for (const one of gathers) {
        const row = rows.get(one);
        if (row?.lane !== entry?.lane || row?.runKey !== null || row.unresolvedRun !== null) continue;
        const runNumber = Math.max(row.runNumber, 1);
        change(one, ['pending'], () => ({
          state: 'sending',
          runKey,
          runNumber,
          carriedBy: id,
          retryAt: null,
          reason: null,
        }));
      }
    },
    async settle(id, outcome, { merged = [], overtaken = [] } = {}) {
      const settled = change(id, ['pending', 'sending', 'dropped'], () => ({
        state: 'settled',
        outcome,
        unresolvedRun: null,
        retryAt: null,
        reason: null,
        settledAt: at(),
      }));
      let others = 0;
      const end = () => {
        others += 1;
        const over = { unresolvedRun: null, retryAt: null, reason: null, settledAt: at() };
        return { state: 'settled', outcome, ...over } as const;
      };
      changeGathered(id, end, ['pending', 'sending', 'dropped']);
      if (!settled && others === 0) return [];
      mergeInto(id, merged);
      const givenUp = overtaken.filter(
        one =>
          Number(rows.get(one.id)?.attempts) > 0 &&
          giveUp(
            one.id,
            change(one.id, ['pending', 'sending'], row => ({
              state: 'failed',
              reason: one.reason,
              unresolvedRun: row.state === 'sending' ? row.runKey : row.unresolvedRun,
              retryAt: null,
            })),
          ),
      );
      for (const one of givenUp) failGathered(one.id, one.reason, true);
      return givenUp.map(one => one.id);
    },
    async note(id) {
      change(id, ['pending'], () => ({ state: 'settled', outcome: 'context', retryAt: null, reason: null }));
    },
    async context(id, limit) {
      const carried = having('settled')
        .filter(row => row.carriedBy === id && row.outcome === 'context')
        .sort(byOrder);
      const gathered = having(...undelivered).filter(row => row.carriedBy === id && row.runKey !== null);
      return {
        entries: carried.slice(-limit).map(plain),
        count: carried.length,
        gathered: gathered.sort(byOrder).map(plain),
      };
    },
    async amendments({ id, lane, author }) {
      const chain = new Set([id]);
      for (const link of chain) {
        for (const row of rows.values()) {
          if (row.amends === link && row.lane === lane && row.author === author) chain.add(row.id);
        }
      }
      chain.delete(id);
      return [...rows.values()]
        .filter(row => chain.has(row.id))
        .sort(byOrder)
        .map(plain);
    },
    async revise(id, { body, merged }) {
      if (rows.get(id)?.runNumber !== 0 || !change(id, ['pending'], () => ({ body }))) return false;
      mergeInto(id, merged);
      return true;
    },
    async fail(id, reason, { runKey, mayStillRun } = {}) {
      const failed =
        isRun(id, runKey) &&
        giveUp(
          id,
          change(id, ['pending', 'sending'], row => ({
            state: 'failed',
            reason,
            unresolvedRun: mayStillRun && row.state === 'sending' ? row.runKey : row.unresolvedRun,
            retryAt: null,
          })),
        );
      failGathered(id, reason, mayStillRun === true, runKey);
      return failed;
    },
    async refuse({ id, state, reason, body }) {
      const isRefused = change(id, ['pending', 'sending'], row => ({
        state,
        reason,
        body: body ?? row.body,
        unresolvedRun: row.state === 'sending' ? row.runKey : row.unresolvedRun,
        retryAt: null,
      }));
      if (isRefused) releaseGathered(id);
      return giveUp(id, isRefused);
    },
    async defer(id, { until, reason, counted, resend, runKey }) {
      const isBack =
        isRun(id, runKey) &&
        change(id, ['pending', 'sending'], row => ({
          state: resend ? 'pending' : row.state,
          retryAt: until,
          reason,
          attempts: row.attempts + (counted ? 1 : 0),
          firstAttemptAt: counted ? (row.firstAttemptAt ?? at()) : row.firstAttemptAt,
        }));
      changeGathered(id, row =>
        runKey === undefined || row.runKey === runKey ? { state: resend ? 'pending' : row.state, reason } : null,
      );
      if (!isBack) releaseGathered(id);
      return isBack;
    },
    async counts() {
      const byState = Object.fromEntries(entryStates.map(state => [state, having(state).length]));
      const times = having('pending', 'sending').map(row => row.occurredAt);
      return {
        byState: byState as Record<EntryState, number>,
        oldestUndelivered: times.length > 0 ? Math.min(...times) : null,
      };
    },
    oldest: async states =>
      Object.fromEntries(
        states.flatMap(state => {
          const times = having(state).map(row => row.occurredAt);
          return times.length === 0 ? [] : [[state, Math.min(...times)]];
        }),
      ),
    list: async ({ states = entryStates, limit }) =>
      having(...states)
        .sort((a, b) => byOrder(b, a))
        .slice(0, limit)
        .map(plain),
    async get(id) {
      const row = rows.get(id);
      return row ? plain(row) : null;
    },
    retry: async (ids, { force = false } = {}) =>
      ids.filter(id =>
        change(id, force ? [...retryable, 'settled'] : retryable, row => ({
          state: 'pending',
          attempts: 0,
          firstAttemptAt: null,
          retryAt: null,
          runKey: null,
          reason: null,
          outcome: null,
          settledAt: null,
          runNumber: row.runNumber + (row.outcome === 'context' ? 1 : 0),
          unresolvedRun: force ? null : row.unresolvedRun,
        })),
      ),
    drop: async ids =>
      ids.filter(id => {
        const dropped = giveUp(
          id,
          change(id, ['held', 'pending', 'sending', 'failed', 'unpaired', 'denied', 'limited'], row => ({
            state: 'dropped',
            unresolvedRun: row.state === 'sending' ? row.runKey : row.unresolvedRun,
            retryAt: null,
          })),
        );
        if (dropped) releaseGathered(id);
        return dropped;
      }),
    async prune(before) {
      const waiting = new Set(having('pending', 'sending').map(row => row.lane));
      const isOld = (row: Row) =>
        ['settled', 'dropped', 'denied', 'limited'].includes(row.state) &&
        row.updatedAt < before &&
        row.occurredAt < before;
      const isNeeded = (row: Row) => {
        const carrier = rows.get(row.carriedBy ?? '');
        if (waiting.has(row.lane) || (carrier && !isOld(carrier))) return true;
        const givenUp = having('failed', 'dropped').filter(other => !isOld(other));
        const mayCarry = (other: Row) =>
          other.lane === row.lane && other.author !== null && other.author === row.author;
        return row.carriedBy === null && givenUp.some(mayCarry);
      };
      const old = [...rows.values()].filter(isOld).filter(row => row.outcome !== 'context' || !isNeeded(row));
      for (const row of old) rows.delete(row.id);
      return old.length;
    },
  };
}
