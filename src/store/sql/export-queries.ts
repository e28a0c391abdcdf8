import type { ExportQuery } from '../exported.ts';
import { entryStates } from '../new-entry.ts';
import { row } from './outbox.ts';
import { entry } from './queries.ts';

/** The entries of one state are in the order of an index. The database merges them, so that nothing is sorted. */
function ofState(state: string, { since, until, account, contact }: ExportQuery): string {
  const wanted = [
    ...(since === null ? [] : ['occurred_at >= +:since']),
    ...(until === null ? [] : ['occurred_at < +:until']),
    ...(account === null ? [] : ['account = +:account']),
    ...(contact === null ? [] : ['contact = +:contact']),
  ];
  const where = [`state = '${state}'`, ...wanted].join(' AND ');
  return `SELECT ${entry}, batch, position FROM entries INDEXED BY entries_by_state WHERE ${where}`;
}

/** Reads all that are wanted, the oldest first. */
export function entriesQuery(query: ExportQuery): string {
  return `${entryStates.map(state => ofState(state, query)).join(' UNION ALL ')} ORDER BY occurredAt, batch, position`;
}

/** The parameters of `entriesQuery`, by their names. */
export function entriesParameters(query: ExportQuery): Record<string, string | number> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== null));
}

/** Reads the answers to a message, or to messages, the oldest first. `messages` is a condition on the column `message`. */
export function answersQuery(messages: string): string {
  return `SELECT ${row} FROM outbox INDEXED BY outbox_by_message WHERE message ${messages} ORDER BY seq`;
}
