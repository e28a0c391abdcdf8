import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { maskLane } from '../../mask.ts';
import { type Claims, claimOfOutbox, instancePrefix, pollingRole, rolePrefix } from '../claims.ts';
import { StoreError } from '../errors.ts';
import type { Driver } from './driver.ts';
import type { Step } from './step.ts';

/** Who works on which lane: the part of the store, and what others' transactions use of it. */
export interface ClaimSteps {
  claims: Claims;
  /** Each returns a step that does what another one does, if this process has the claim for it. Else it throws STORE_CLAIMED. */
  ofEntry<T>(id: string, step: Step<T>): Step<T>;
  ofOutgoing<T>(id: string, step: Step<T>): Step<T>;
  ofPolling<T>(account: string, step: Step<T>): Step<T>;
  ofRole<T>(role: string, step: Step<T>): Step<T>;
  /** Leaves out the lanes that another process has. `claimOf`: the name under which one is claimed. */
  withoutOthers(lanes: readonly string[], now: number, claimOf?: (lane: string) => string): Step<string[]>;
  /** The lanes of the inbox and of the outbox whose claim ended without having been given back, but not ten times in a row. */
  abandoned(now: number): Step<{ inbox: string[]; outbox: string[] }>;
  /** Throws STORE_CLAIMED when another process has claimed the lane. `now` is the database's time. */
  assertFree(lane: string, now: number): Step<void>;
  /** Forgets claims that ended long ago. */
  prune(now: number): Step<void>;
}

/** Milliseconds for which the number of a claim that has ended is remembered: nothing is under way for longer. */
const remembered = 86_400_000;
/**
 * Milliseconds for which no claim lasts. One that ends later than that was made before the database's clock was set back, as when
 * a standby takes over whose clock is behind: its process may be gone, and would keep the lane until the clock is there again.
 */
const neverLasts = 120_000;
/**
 * Processes in a row after which a lane that each of them has left is not taken for theirs any more, but waits in line: what is
 * in it may be what ends them.
 */
const mostLosses = 10;

const statements = {
  claim: `INSERT INTO claims (lane, owner, epoch, until) SELECT value, :owner, 1, :until FROM json_each(:lanes) WHERE 1 = 1
    ON CONFLICT (lane) DO UPDATE SET owner = excluded.owner, epoch = claims.epoch + 1, until = excluded.until,
      losses = CASE WHEN claims.owner IN ('', excluded.owner) THEN 0 ELSE claims.losses + 1 END
    WHERE claims.owner IN ('', excluded.owner) OR claims.until <= :now OR claims.until > :farthest
    RETURNING lane, epoch`,
  renew: `UPDATE claims SET until = :until WHERE owner = :owner AND owner <> '' RETURNING lane, epoch`,
  release: `UPDATE claims SET owner = '', until = :now
    WHERE lane = :lane AND owner = :owner AND (epoch = :epoch OR :epoch IS NULL)`,
  end: 'UPDATE claims SET until = :now WHERE owner = :former AND until > :now RETURNING lane',
  holders: 'SELECT lane, owner, until FROM claims WHERE lane >= +:from AND lane < +:to AND until > +:now ORDER BY lane',
  remembered: 'SELECT lane, owner, until FROM claims WHERE lane >= +:from AND lane < +:to ORDER BY lane',
  others: `SELECT lane FROM claims WHERE owner <> '' AND owner <> +:owner AND until > +:now AND until <= +:farthest`,
  abandoned: `SELECT lane, owner FROM claims
    WHERE owner <> '' AND (until <= +:now OR until > +:farthest) AND losses < +:most`,
  of: 'SELECT owner, epoch FROM claims WHERE lane = ?',
  ofEntry: `SELECT entries.lane AS lane, claims.owner AS owner, claims.epoch AS epoch FROM entries
    LEFT JOIN claims ON claims.lane = entries.lane WHERE entries.id = +?`,
  laneOfOutgoing: 'SELECT lane FROM outbox WHERE id = ?',
  holder: `SELECT owner FROM claims WHERE lane = :lane AND owner <> '' AND until > :now AND until <= :farthest`,
  prune: 'DELETE FROM claims WHERE until <= ?',
};

/** `delivers`: whether this process works on lanes. */
export function createClaims(
  { prepareAll, shared, tell, read, write }: Pick<Driver, 'prepareAll' | 'shared' | 'tell' | 'read' | 'write'>,
  delivers: boolean,
): ClaimSteps {
  /** Whether this process needs claims for what it changes. */
  const fenced = shared && delivers;
  const owner = ownerName();
  const sql = prepareAll(statements);
  /** The numbers of this process's claims. One that is not here is no claim, whatever the database says. */
  const epochs = new Map<string, number>();

  function assertOwn(lane: string, claim: { owner?: unknown; epoch?: unknown } | undefined): void {
    const own = epochs.get(lane);
    if (own !== undefined && claim?.owner === owner && Number(claim.epoch) === own) return;
    throw claimed(lane, claim?.owner === owner ? null : claim?.owner);
  }
  function* assertClaim(lane: string): Step<void> {
    assertOwn(lane, yield* sql.of.get(lane));
  }
  /** An entry that is not there belongs to nobody. */
  function* assertEntry(id: string): Step<void> {
    const found = yield* sql.ofEntry.get(id);
    if (found !== undefined) assertOwn(String(found.lane), found);
  }
  function* assertOutgoing(id: string): Step<void> {
    const found = yield* sql.laneOfOutgoing.get(id);
    if (found !== undefined) yield* assertClaim(claimOfOutbox(String(found.lane)));
  }
  function* after<T>(check: Step<void>, step: Step<T>): Step<T> {
    yield* check;
    return yield* step;
  }
  const checked = <T>(check: Step<void>, step: Step<T>) => (fenced ? after(check, step) : step);

  return {
    claims: {
      shared,
      owner,
      async claim(lanes, lease) {
        const claimed = await write(
          now => sql.claim.all({ lanes: JSON.stringify(lanes), owner, until: now + lease, ...valid(now) }),
          { mayBeLost: !lanes.some(isRole), timed: true },
        );
        for (const { lane, epoch } of claimed) epochs.set(String(lane), Number(epoch));
        return claimed.map(({ lane }) => String(lane));
      },
      async renew(lease) {
        const renewed = await write(now => sql.renew.all({ until: now + lease, owner }), { timed: true });
        const still = renewed.map(({ lane, epoch }) => [String(lane), Number(epoch)] as const);
        // A claim with another number was made by a request that came late. What has begun with the former one is over.
        return still.flatMap(([lane, epoch]) => ((epochs.get(lane) ?? epoch) === epoch ? lane : []));
      },
      async release(lanes, { wanted } = { wanted: false }) {
        const given = lanes.map(lane => ({ lane, epoch: epochs.get(lane) ?? null }));
        for (const lane of lanes) epochs.delete(lane);
        await write(
          function* (now) {
            for (const { lane, epoch } of given) yield* sql.release.send({ lane, epoch, owner, now });
            if (wanted && tell) yield* tell('free');
          },
          { mayBeLost: true },
        );
      },
      end: former =>
        write(function* (now) {
          const ended = yield* sql.end.all({ former, now });
          if (ended.length > 0 && tell) yield* tell('free');
          return ended.length;
        }),
      holders: (prefix, { ended } = { ended: false }) =>
        read(function* (now) {
          const to = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
          const between = { from: prefix, to };
          const rows = yield* ended ? sql.remembered.all(between) : sql.holders.all({ ...between, now });
          return rows.map(({ lane, owner, until }) => ({
            lane: String(lane),
            owner: String(owner),
            left: Number(until) - now,
          }));
        }),
    },
    ofEntry: (id, step) => checked(assertEntry(id), step),
    ofOutgoing: (id, step) => checked(assertOutgoing(id), step),
    ofPolling: (account, step) => checked(assertClaim(rolePrefix + pollingRole(account)), step),
    ofRole: (role, step) => checked(assertClaim(rolePrefix + role), step),
    *withoutOthers(lanes, now, claimOf = lane => lane) {
      if (!fenced || lanes.length === 0) return [...lanes];
      const taken = new Set((yield* sql.others.all({ owner, ...valid(now) })).map(({ lane }) => String(lane)));
      return lanes.filter(lane => !taken.has(claimOf(lane)));
    },
    *abandoned(now) {
      const rows = (yield* sql.abandoned.all({ ...valid(now), most: mostLosses })) as { lane: string; owner: string }[];
      // What this process has it may go on with, and what it has lost it may have again.
      const lanes = rows.filter(row => row.owner !== owner || !epochs.has(row.lane)).map(({ lane }) => lane);
      const prefixes = [rolePrefix, instancePrefix, claimOfOutbox('')];
      return {
        inbox: lanes.filter(lane => !prefixes.some(prefix => lane.startsWith(prefix))),
        outbox: lanes
          .filter(lane => lane.startsWith(claimOfOutbox('')))
          .map(lane => lane.slice(claimOfOutbox('').length)),
      };
    },
    *assertFree(lane, now) {
      if (fenced) return;
      const holder = (yield* sql.holder.get({ lane, ...valid(now) }))?.owner;
      if (holder !== undefined && holder !== owner) throw claimed(lane, holder);
    },
    *prune(now) {
      yield* sql.prune.run(now - remembered);
    },
  };
}

/** What is done under a role need not begin with a change of the store, as what is sent from a lane does. */
function isRole(lane: string): boolean {
  return lane.startsWith(rolePrefix);
}

/** When the claims end that hold now. */
function valid(now: number): { now: number; farthest: number } {
  return { now, farthest: now + neverLasts };
}

/** Names this process for an operator, and apart from all others. */
function ownerName(): string {
  return `${hostname()} (pid ${process.pid}, ${randomBytes(4).toString('hex')})`;
}

/** `holder`: who has the lane; empty or null where nobody is known to. */
function claimed(lane: string, holder: unknown): StoreError {
  const by = holder ? `is being worked on by ${holder}` : 'is not claimed by this process any more';
  return new StoreError('STORE_CLAIMED', `the conversation ${maskLane(lane)} ${by}`);
}
