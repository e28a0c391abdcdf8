import type { Command } from './session.ts';

/**
 * What is known when a transaction that changes something has its turn: the database's time as `now`, the `number` of the
 * change, and in `others` that of the change before it, or null when that was made by the same owner; in `contacts` that of
 * the last change of contacts before it, or null for the same reason.
 */
export type Begun = { number: number; now: number; others: number | null; contacts: number | null };

/** The first statement of a transaction that has its turn. Its row is a `Begun`. A server that keeps it plans it once. */
export function changeOf(owner: string): Command {
  const newest = (where: string) =>
    `(SELECT CASE WHEN owner <> $1 THEN number END FROM changes ${where} ORDER BY number DESC LIMIT 1)`;
  return {
    text: `INSERT INTO changes (owner) VALUES ($1) RETURNING number, clock_ms() AS now,
      ${newest('')} AS others, ${newest('WHERE contacts <> 0')} AS contacts`,
    parameters: [owner],
    name: 'change',
  };
}
