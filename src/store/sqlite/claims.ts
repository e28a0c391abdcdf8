import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../errors.ts';
import type { Claim } from '../run-beginning.ts';
import { prepareAll } from './prepare.ts';

/** Who may work on a lane. Each method is a step to run inside a transaction. `now` is this machine's time. */
export interface Claims {
  claim(lane: string, claim: Claim, now: number): boolean;
  release(lane: string, owner: string): void;
  /** Checks that no other owner has claimed the lane, and takes it when a claim is given. Throws STORE_CLAIMED. */
  ensure(lane: string, claim: Claim | undefined, now: number): void;
  /** Forgets claims whose lease is over. */
  prune(now: number): void;
}

const statements = {
  claim: `INSERT INTO claims (lane, owner, until) VALUES (:lane, :owner, :until)
    ON CONFLICT (lane) DO UPDATE SET owner = excluded.owner, until = excluded.until
    WHERE owner = excluded.owner OR until <= :now`,
  release: 'DELETE FROM claims WHERE lane = ? AND owner = ?',
  holder: 'SELECT owner FROM claims WHERE lane = ? AND until > ?',
  prune: 'DELETE FROM claims WHERE until <= ?',
};

export function createClaims(db: DatabaseSync): Claims {
  const sql = prepareAll(db, statements);

  const claim: Claims['claim'] = (lane, { owner, lease }, now) =>
    sql.claim.run({ lane, owner, until: now + lease, now }).changes === 1;

  return {
    claim,
    release: (lane, owner) => void sql.release.run(lane, owner),
    ensure(lane, wanted, now) {
      const holder = sql.holder.get(lane, now)?.owner;
      if (holder !== undefined && holder !== wanted?.owner) {
        throw new StoreError('STORE_CLAIMED', `the conversation ${lane} is being worked on by ${holder}`);
      }
      if (wanted !== undefined) claim(lane, wanted, now);
    },
    prune: now => void sql.prune.run(now),
  };
}
