import type { PairingOffer } from '../../src/store/access.ts';
import type { FiledEntry } from '../../src/store/new-entry.ts';
import type { OpenInbox } from './conformance.ts';
import { account, entry } from './fixtures.ts';

export const minute = 60_000;
export const ann = '+15551234567';
export const bob = '+15557654321';

/** An entry in the lane of its contact. */
export function from(contact: string, id: string, over: Partial<FiledEntry> = {}): FiledEntry {
  return entry(id, { contact, lane: `${account}/${contact}`, ...over });
}

/** Codes are counted: CODE1, CODE2, … */
export function offers(over: Partial<PairingOffer> = {}) {
  let codes = 0;
  return (contact: string, id: string): PairingOffer => ({
    newCode: () => `CODE${++codes}`,
    ...{ expires: 60 * minute, most: 100, held: 20 },
    tell: code => ({
      ...{ id: `${id}#pairing`, message: id, answer: `${id}#pairing`, account, lane: `${account}/${contact}` },
      ...{ recipient: contact, via: 'notice', part: 1, parts: 1, body: `Your code: ${code}`, sendBefore: null },
    }),
    ...over,
  });
}

/** What the tests of pairing do with an inbox, and look at. */
export function pairingSteps(inbox: OpenInbox) {
  const stateOf = async (id: string) => (await inbox.store.get(id))?.state;
  const states = async (...ids: string[]) => Promise.all(ids.map(stateOf));
  const codes = async () => (await inbox.store.outbox.list({ limit: 100 })).map(({ body }) => body).toReversed();

  /** Keeps messages of a contact until it is approved. */
  const keep = async (contact: string, ids: readonly string[], offer = offers()) => {
    await inbox.store.accept(ids.map(id => from(contact, id)));
    for (const id of ids) await inbox.store.awaitApproval(id, offer(contact, id));
  };
  const send = async (id: string) => {
    const { outbox } = inbox.store;
    await outbox.begin(`${id}#pairing`, { mark: id, recipient: ann, body: 'body' });
    await outbox.sent(`${id}#pairing`, `wamid.${id}`);
  };
  const pass = (ms: number) => inbox.clock.set(inbox.clock.now() + ms);

  return { states, codes, keep, send, pass };
}
