import { conversationKey } from '../../domain/conversation.ts';
import { alternativeDigits } from '../../domain/recipient.ts';
import { namedIn } from '../../domain/reference.ts';
import { readBody } from '../../domain/stored-body.ts';
import { claimOfOutbox } from '../claims.ts';
import type { Footprint } from '../forgetting.ts';
import { createForgottenMessages, digestOfMessage } from './forgotten-messages.ts';
import { sessionOf } from './queries.ts';
import type { PrepareAll, Step } from './step.ts';

/** What is deleted of a person. Each method is a step to run inside a transaction. `Forgetting` describes the rules. */
export interface ForgetContact {
  footprint(account: string, contact: string): Step<Footprint | null>;
  /** Deletes entries with what belongs to each. */
  entries(entries: Footprint['entries'], at: number): Step<void>;
  /**
   * Deletes what came since the footprint was taken, all that is not an entry, and what others' entries say of the ids of
   * those that were deleted. Returns what came since.
   */
  rest(found: Footprint, at: number): Step<Footprint['entries']>;
}

const named = 'account = +:account AND contact = +:contact';
const conversation = 'coalesce(conversation, lane)';

const statements = {
  known: `SELECT 1 AS found FROM contacts WHERE ${named}`,
  identities: `SELECT DISTINCT identity FROM contact_identities INDEXED BY contact_identities_of WHERE ${named}`,
  access: `SELECT state FROM contact_access WHERE ${named}`,
  muted: 'SELECT 1 AS found FROM mutes WHERE account = +:account AND conversation = +:conversation',
  entries: `SELECT id, occurred_at AS occurredAt FROM entries WHERE ${named}`,
  voices: `SELECT count(*) AS voices FROM entries WHERE ${named} AND replace(body, '"kind":"audio"', '') <> body`,
  // By index: most entries are settled, and none became so since.
  since: `SELECT id, occurred_at AS occurredAt FROM entries INDEXED BY entries_by_state
    WHERE state IN ('held', 'pending', 'sending', 'failed', 'dropped', 'unpaired', 'denied', 'limited') AND ${named}`,
  // Ended before contacts were kept, or could not be read: what is known of them is in the body alone.
  nameless: 'SELECT id, occurred_at AS occurredAt, body FROM entries WHERE contact IS NULL',
  places: `SELECT DISTINCT ${sessionOf()} AS key, coalesce(session, lane) AS session, ${conversation} AS conversation, lane
    FROM entries WHERE ${named}`,
  outgoing: 'SELECT id, body FROM outbox WHERE lane = +:lane AND account = +:account',
  answers: 'SELECT id, body FROM outbox INDEXED BY outbox_by_message WHERE message = +?',
  carried: 'UPDATE entries SET carried_by = :instead WHERE carried_by = :id',
  amending: 'UPDATE entries SET amends = :instead WHERE amends = :id',
  untarget: 'UPDATE commands SET target = NULL, target_run = NULL, target_session = NULL WHERE target = ?',
  removeCommand: 'DELETE FROM commands WHERE id = ?',
  removeAnswers: 'DELETE FROM outbox WHERE message = ?',
  removeEntry: 'DELETE FROM entries WHERE id = ?',
  removeOutgoing: 'DELETE FROM outbox WHERE lane = :lane AND account = :account',
  removeIdentities: `DELETE FROM contact_identities WHERE ${named}`,
  removeConflicts: `DELETE FROM contact_conflicts WHERE account = :account AND (contact = :contact OR other = :contact)`,
  removeIdentityConflicts: 'DELETE FROM contact_conflicts WHERE account = ? AND identity = ?',
  removeAccess: `DELETE FROM contact_access WHERE ${named}`,
  removeContact: `DELETE FROM contacts WHERE ${named}`,
  unclaim: 'DELETE FROM claims WHERE lane = ?',
  unmute: 'DELETE FROM mutes WHERE account = ? AND conversation = ?',
  removeSession: 'DELETE FROM renewed_sessions WHERE account = ? AND session = ?',
  ofOthers: `SELECT rowid, body FROM entries WHERE account = +:account AND ${conversation} = +:conversation`,
  setBody: 'UPDATE entries SET body = ? WHERE rowid = ?',
};

/** A conversation of the contact, and where it is filed. */
interface Place {
  key: string;
  session: string;
  conversation: string;
  lane: string;
}

export function createForgetContact(prepareAll: PrepareAll): ForgetContact {
  const sql = prepareAll(statements);
  const messages = createForgottenMessages(prepareAll);
  const ownConversation = ({ account, contact }: Pick<Footprint, 'account' | 'contact'>) =>
    conversationKey({ account, contact, group: null });

  /** The names of contacts that an operator has joined with this one among them. */
  function* namesOf({ account, contact, identities }: Footprint): Step<string[]> {
    const names = [contact];
    for (const name of new Set(identities)) {
      if (name === contact) continue;
      if ((yield* sql.known.get({ account, contact: name })) === undefined) names.push(name);
    }
    return names;
  }

  function* remove(entries: Footprint['entries'], at: number): Step<void> {
    for (const { id, occurredAt } of entries) {
      const instead = standIn(id);
      yield* messages.add({ id, occurredAt }, at);
      yield* sql.carried.run({ id, instead });
      yield* sql.amending.run({ id, instead });
      yield* sql.untarget.run(id);
      yield* sql.removeCommand.run(id);
      yield* sql.removeAnswers.run(id);
      yield* sql.removeEntry.run(id);
    }
  }

  /** Takes ids of messages out of what others have written in a group. */
  function* redact(account: string, group: string, gone: ReadonlySet<string>): Step<void> {
    for (const { rowid, body } of yield* sql.ofOthers.all({ account, conversation: group })) {
      const stored = readBody({ body: String(body), account });
      const named = stored.kind === 'message' ? namedIn(stored.message).filter(id => gone.has(id)) : [];
      const redacted = named.reduce(
        (text, id) => text.replaceAll(JSON.stringify(id), JSON.stringify(standIn(id))),
        String(body),
      );
      if (named.length > 0) yield* sql.setBody.run(redacted, Number(rowid));
    }
  }

  return {
    *footprint(account, contact) {
      if ((yield* sql.known.get({ account, contact })) === undefined) return null;
      const identities = (yield* sql.identities.all({ account, contact })).map(({ identity }) => String(identity));
      const own = ownConversation({ account, contact });
      const isMine = mentioning(identities);
      const entries = [
        ...(yield* sql.entries.all({ account, contact })),
        ...(yield* sql.nameless.all()).filter(({ body }) => isMine(String(body))),
      ].map(({ id, occurredAt }) => ({ id: String(id), occurredAt: Number(occurredAt) }));
      const places = (yield* sql.places.all({ account, contact })) as unknown as Place[];
      const sent = yield* sql.outgoing.all({ lane: own, account });
      for (const { id } of entries) sent.push(...(yield* sql.answers.all(id)));
      const outgoing = new Map(sent.map(({ id, body }) => [String(id), String(body)]));
      const sessions = new Map(places.map(place => [place.key, isShared(place)]));
      return {
        ...{ account, contact, identities, entries },
        voices: Number((yield* sql.voices.get({ account, contact }))?.voices),
        outgoing: [...outgoing].map(([id, body]) => ({ id, body })),
        sessions: [...sessions].map(([key, shared]) => ({ key, shared })),
        sessionNames: [...new Set(places.filter(place => !isShared(place)).map(({ session }) => session))],
        groups: [...new Set(places.map(place => place.conversation).filter(isGroup))],
        access: ((yield* sql.access.get({ account, contact }))?.state as string | undefined) ?? null,
        muted: (yield* sql.muted.get({ account, conversation: own })) !== undefined,
      };
    },
    entries: remove,
    *rest(found, at) {
      const { account, contact } = found;
      const since = (yield* sql.since.all({ account, contact })) as unknown as Footprint['entries'];
      yield* remove(since, at);
      yield* sql.removeOutgoing.run({ lane: ownConversation(found), account });
      for (const statement of [sql.removeIdentities, sql.removeConflicts, sql.removeAccess, sql.removeContact]) {
        yield* statement.run({ account, contact });
      }
      for (const identity of found.identities) yield* sql.removeIdentityConflicts.run(account, identity);
      for (const name of yield* namesOf(found)) {
        const own = ownConversation({ account, contact: name });
        yield* sql.unmute.run(account, own);
        // A claim that has ended is kept for its number, with the lane's name. Nothing is under way in the lane any more.
        for (const lane of [own, claimOfOutbox(own)]) yield* sql.unclaim.run(lane);
      }
      for (const session of found.sessionNames) yield* sql.removeSession.run(account, session);
      const gone = new Set([...found.entries, ...since].map(({ id }) => id));
      for (const group of found.groups) yield* redact(account, group, gone);
      return since;
    },
  };
}

/** What stands in the place of an id. It leads nowhere, and is another one for another id. */
function standIn(id: string): string {
  return `forgotten:${digestOfMessage(id)}`;
}

function isGroup(of: string): boolean {
  return of.includes('/group/');
}

/** Others have a lane of theirs there, or write in the same conversation. */
function isShared({ conversation: of, lane }: Place): boolean {
  return lane !== of || isGroup(of);
}

/** Returns a function that says whether a text names one of the addresses, and not as a part of a longer word. */
function mentioning(identities: readonly string[]): (text: string) => boolean {
  const spellings = identities.flatMap(identity => {
    if (!identity.startsWith('+')) return [identity];
    const digits = identity.slice(1);
    return [digits, alternativeDigits(digits) ?? digits];
  });
  if (spellings.length === 0) return () => false;
  const any = spellings.map(one => one.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  const form = new RegExp(`(?<![\\w.])(?:${any})(?!\\w)`);
  return text => form.test(text);
}
