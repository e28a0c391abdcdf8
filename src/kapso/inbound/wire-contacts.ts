import { canonicalDigits } from '../../domain/recipient.ts';
import { asRecord, asString, phoneDigits, type WireObject } from '../../narrow.ts';

/** Meta's `value.contacts`: who the messages of one body are from. */
export interface WireContacts {
  /** Returns the entry that belongs to a message, never somebody else's; null when there is none. */
  of(message: WireObject): WireObject | null;
}

interface Entry {
  at: number;
  contact: WireObject;
}

/**
 * Reads the contacts of a body that may have thousands, with as many messages. The first one counts that has the sender's
 * number, or where it has none the sender's id. A message that names nobody is from the only contact of its body.
 */
export function readContacts(list: readonly unknown[]): WireContacts {
  if (list.length === 0) return noContacts;
  const known = list.map(asRecord).filter(contact => contact !== null);
  const byNumber = new Map<string, Entry>();
  const byId = new Map<string, Entry>();
  /** Those without a number. */
  const byIdAlone = new Map<string, Entry>();
  for (const [at, contact] of known.entries()) {
    const number = phoneDigits(contact.wa_id);
    const id = asString(contact.user_id);
    if (number !== null) addFirst(byNumber, canonicalDigits(number), { at, contact });
    if (id !== null) addFirst(byId, id, { at, contact });
    if (id !== null && number === null) addFirst(byIdAlone, id, { at, contact });
  }
  const only = list.length === 1 ? (known[0] ?? null) : null;

  return {
    of(message) {
      const from = phoneDigits(message.from);
      const userId = asString(message.from_user_id);
      if (from === null && userId === null) return only;
      const fitting = [
        from === null ? undefined : byNumber.get(canonicalDigits(from)),
        userId === null ? undefined : (from === null ? byId : byIdAlone).get(userId),
      ].filter(entry => entry !== undefined);
      return fitting.toSorted((one, other) => one.at - other.at)[0]?.contact ?? null;
    },
  };
}

function addFirst(entries: Map<string, Entry>, key: string, entry: Entry): void {
  if (!entries.has(key)) entries.set(key, entry);
}

export const noContacts: WireContacts = { of: () => null };
