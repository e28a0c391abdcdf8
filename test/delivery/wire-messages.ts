/** Messages as Kapso lists them, for the inbox. */
import { createSessionFor } from '../../src/agents/openclaw/session.ts';
import { admitAll } from '../../src/domain/admit.ts';
import type { KnownContact } from '../../src/domain/contact.ts';
import { toEntries } from '../../src/intake/to-entries.ts';
import { normaliseListRow } from '../../src/kapso/inbound/normalise.ts';
import type { JsonObject } from '../../src/simulator/json.ts';
import type { NewEntry } from '../../src/store/new-entry.ts';
import { listRow } from '../kapso/field-reports.ts';
import { phoneNumberId } from '../kapso/samples.ts';
import { silentLog } from '../silent-log.ts';

/** Seconds since the epoch. */
export const start = 1_795_000_000;

/** Inbox entries for Meta's messages, each `at` seconds after the start, of one sender unless they say another. */
export function entriesFor(...messages: (JsonObject & { id: string; at: number })[]) {
  const sessionFor = createSessionFor({ agent: 'main', session: 'per-sender', sharedSession: '' });
  const items = messages.map(({ at, ...message }) =>
    normaliseListRow(listRow({ from: '15550107001', timestamp: String(start + at), ...message }), {
      phoneNumberId,
      now: start * 1000,
    }),
  );
  return toEntries(items, { account: phoneNumberId, sessionFor, admit: admitAll, log: silentLog });
}

export const text = (id: string, at: number, body: string, more: JsonObject = {}) => ({
  id,
  at,
  type: 'text',
  text: { body },
  ...more,
});
export const unreact = (id: string, at: number, of = 'wamid.X') => ({
  id,
  at,
  type: 'reaction',
  reaction: { message_id: of },
});
export const edit = (id: string, at: number, of: string, body: string, more: JsonObject = {}) => ({
  id,
  at,
  type: 'edit',
  edit: { original_message_id: of, message: { type: 'text', text: { body } } },
  ...more,
});
export const revoke = (id: string, at: number, of: string, more: JsonObject = {}) => ({
  id,
  at,
  type: 'revoke',
  revoke: { original_message_id: of },
  ...more,
});
export const react = (id: string, at: number, of: string, more: JsonObject = {}) => ({
  id,
  at,
  type: 'reaction',
  reaction: { message_id: of, emoji: '👍' },
  ...more,
});

/** The same entries in a lane that they share with others. */
export function inLane(of: string, entries: readonly NewEntry[]): NewEntry[] {
  return entries.map(one =>
    one.from === undefined
      ? { ...one, lane: of }
      : { ...one, file: (contact: KnownContact) => ({ ...one.file(contact), lane: of }) },
  );
}
