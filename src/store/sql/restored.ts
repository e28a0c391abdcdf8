import type { Restoring } from '../upkeep.ts';
import { answered, type PrepareAll, type Step } from './step.ts';
import { wholeMilliseconds } from './time.ts';
import type { Transitions } from './transitions.ts';

/** What a store from a backup holds back. Each method is a step to run inside a transaction. */
export interface Restored {
  /** Why an unknown entry that happened at this time must not be delivered; null when it may be. */
  withholds(occurredAt: number): Step<string | null>;
  mark(restoring: Restoring, drop: Transitions['drop'], at: number): Step<{ entries: number; outgoing: number }>;
}

const statements = {
  latest: 'SELECT taken_at AS takenAt, until FROM restores ORDER BY until DESC LIMIT 1',
  note: 'INSERT INTO restores (at, taken_at, until) VALUES (:at, :takenAt, :until)',
  waiting: `SELECT id FROM entries INDEXED BY entries_by_state WHERE state IN ('held', 'pending', 'sending', 'unpaired')`,
  explain: 'UPDATE entries SET reason = :reason WHERE id = :id',
  dropOutgoing: `UPDATE outbox SET state = 'dropped', reason = :reason, code = NULL, retry_at = NULL, updated_at = :at
    WHERE state IN ('pending', 'sending')`,
  dropAnswers: `UPDATE entries SET outcome = 'failed', updated_at = :at WHERE state = 'settled' AND outcome = 'answering'`,
  endCommands: `UPDATE commands SET state = 'done', target = NULL WHERE state = 'pending'`,
  endClaims: 'DELETE FROM claims',
};

export function createRestored(prepareAll: PrepareAll): Restored {
  const sql = prepareAll(statements);
  // It is marked while nothing else has it open, so this is read once.
  let latest: Latest | null = null;

  function* readAndWithhold(occurredAt: number): Step<string | null> {
    const found = yield* sql.latest.get();
    latest = { until: Number(found?.until ?? Number.NEGATIVE_INFINITY), takenAt: found?.takenAt };
    return withhold(occurredAt, latest);
  }

  return {
    withholds: occurredAt => (latest === null ? readAndWithhold(occurredAt) : answered(withhold(occurredAt, latest))),
    *mark(restoring, drop, at) {
      const takenAt = wholeMilliseconds(restoring.takenAt, 'the time of the backup');
      yield* sql.note.run({ at, takenAt, until: wholeMilliseconds(restoring.until, 'the end of what is held back') });
      const waited = `It waited when the backup of ${timeOf(takenAt)} was taken, and`;
      const why = `${waited} may have been answered since: inbox retry hands it to the agent if it was not`;
      const waiting = (yield* sql.waiting.all()).map(({ id }) => String(id));
      const dropped = yield* drop(waiting, at);
      for (const id of dropped) yield* sql.explain.run({ id, reason: why });
      const outgoing = yield* sql.dropOutgoing.run({ reason: `${waited} may have been sent since`, at });
      yield* sql.dropAnswers.run({ at });
      yield* sql.endCommands.run();
      yield* sql.endClaims.run();
      latest = null;
      return { entries: dropped.length, outgoing };
    },
  };
}

interface Latest {
  until: number;
  takenAt: unknown;
}

function withhold(occurredAt: number, { until, takenAt }: Latest): string | null {
  // An entry without a time is refused anyway.
  if (!(occurredAt < until)) return null;
  return (
    `It came between the backup of ${timeOf(takenAt)} and its restore, so it may have been answered: ` +
    'inbox retry hands it to the agent if it was not'
  );
}

function timeOf(at: unknown): string {
  return typeof at === 'number' ? new Date(at).toISOString() : '';
}
