import { type Holding, type KnownContact, present, recognise } from '../../domain/contact.ts';
import { firstIdentity, keyOf, listIdentities } from '../../domain/identity.ts';
import { createContactAddresses } from './contact-addresses.ts';
import type { ContactReads } from './contact-reads.ts';
import { createContactSteps } from './contact-steps.ts';
import type { Transaction } from './driver.ts';
import type { KnownSenders } from './known-senders.ts';
import { createNewContacts } from './new-contacts.ts';
import { answered, type PrepareAll, type Step } from './step.ts';
import type { Witness } from './witness.ts';

/**
 * Finds the contact of a message, and keeps what the message shows of it. Each method is a step to run inside the
 * transaction that keeps the message. A new contact is named by its first identity, with a number when that is taken.
 */
export interface Recognition {
  of(witness: Witness, transaction: Transaction): Step<KnownContact>;
  /** The same, and a new contact is named by `key`. */
  named(witness: Witness, key: string, transaction: Transaction): Step<KnownContact>;
  /** Makes a contact of its own of an identity that another one has. Returns it. */
  separate(account: string, holding: Holding, at: number, transaction: Transaction): Step<KnownContact>;
}

/** Milliseconds. When a contact was heard is kept as exactly as this, so that hardly any message writes it. */
const heardEvery = 30 * 86_400_000;

const statements = {
  // With a bare parameter SQLite compiles the statement again for each value.
  heldSince: `SELECT max(CASE WHEN until = ${present} THEN since ELSE until + 1 END) AS since FROM contact_identities
    WHERE account = +? AND identity = +?`,
  give: `UPDATE contact_identities SET contact = :contact, inherited = 1, open = 0
    WHERE account = :account AND identity = :identity AND until = ${present}`,
  heard: 'SELECT heard_at AS heardAt FROM contacts WHERE account = +? AND contact = +?',
  noteHeard: `UPDATE contacts SET heard_at = :occurredAt WHERE account = +:account AND contact = +:contact
    AND (heard_at IS NULL OR heard_at < :occurredAt - ${heardEvery})`,
};

export function createRecognition(prepareAll: PrepareAll, reads: ContactReads, senders: KnownSenders): Recognition {
  const sql = prepareAll(statements);
  const newContacts = createNewContacts(prepareAll);
  const addresses = createContactAddresses(prepareAll, reads);
  const carryOut = createContactSteps(prepareAll, addresses);

  /** Names a new contact, and stores it. */
  function create(witness: Witness, key?: string): Step<string> {
    const { from } = witness;
    const isNotice = from.change !== undefined && listIdentities(from.change.before).length > 0;
    const first = firstIdentity(isNotice && from.change ? from.change.before : from);
    return newContacts.add({ ...witness, first, name: from.name, base: key ?? first.key });
  }

  /** Keeps about when the contact was heard last. Returns whether that is new. */
  function* noteHeard(account: string, contact: string, occurredAt: number): Step<boolean> {
    return (yield* sql.noteHeard.run({ account, contact, occurredAt })) === 1;
  }

  /** Since when another message that says the same would change nothing; null when this one did, or a later one would. */
  function* unchangedSince({ account, from }: Witness, contact: string): Step<number | null> {
    const said = listIdentities(from);
    const phone = said.find(({ kind }) => kind === 'phone')?.address;
    if (phone !== undefined && phone !== (yield* addresses.of(account, contact)).seen) return null;
    let latest = Number.NEGATIVE_INFINITY;
    for (const { key } of said) latest = Math.max(latest, Number((yield* sql.heldSince.get(account, key))?.since));
    return latest;
  }

  function* look(
    witness: Witness,
    transaction: Transaction,
    key?: string,
  ): Step<{ known: KnownContact; changed: boolean }> {
    const { account, from, occurredAt } = witness;
    const found = yield* recognise(from, occurredAt, {
      at: (identity, time) => reads.holderAt(account, identity, time),
      of: (contact, kind, time) => reads.holdingsOf(account, contact, kind, time),
      isDisputed: (identity, contact) => reads.isDisputed(account, identity, contact),
    });
    const contact = found.contact ?? (yield* create(witness, key));
    for (const step of found.steps) yield* carryOut(witness, contact, step);
    const moved = yield* addresses.keep(witness, contact);
    const heard = yield* noteHeard(account, contact, occurredAt);
    const known = yield* reads.get(account, contact);
    if (known === null) throw new Error(`the contact ${contact} was not kept`);
    const changed = moved || heard || found.steps.length > 0;
    const isAdded = found.contact === null && found.steps.every(step => step.do === 'bind');
    if (isAdded) senders.noteAdded(transaction);
    else if (changed) senders.forget(transaction);
    return { known, changed };
  }

  function* find(witness: Witness, transaction: Transaction): Step<KnownContact> {
    const { account, from, occurredAt } = witness;
    const remembered = yield* senders.find(account, from, occurredAt, transaction);
    if (remembered !== null) return remembered;
    const { known, changed } = yield* look(witness, transaction);
    const since = changed ? null : yield* unchangedSince(witness, known.key);
    const until = Number((yield* sql.heard.get(account, known.key))?.heardAt) + heardEvery;
    if (since !== null) senders.keep(account, from, { known, since, until });
    return known;
  }

  return {
    of(witness, transaction) {
      const remembered = senders.remembered(witness.account, witness.from, witness.occurredAt, transaction);
      return remembered === null ? find(witness, transaction) : answered(remembered);
    },
    *named(witness, key, transaction) {
      senders.forget(transaction);
      return (yield* look(witness, transaction, key)).known;
    },
    *separate(account, { identity, kind, contact: before, since }, at, transaction) {
      senders.forget(transaction);
      const { address: answered } = yield* addresses.of(account, before);
      const address = keyOf(answered) === identity ? answered : identity;
      const first = { kind, key: identity, address };
      const contact = yield* newContacts.add({ account, first, name: null, base: identity, occurredAt: since, at });
      yield* sql.give.run({ account, identity, contact });
      yield* addresses.leave(account, before, at);
      const known = yield* reads.get(account, contact);
      if (known === null) throw new Error(`the contact ${contact} was not kept`);
      return known;
    },
  };
}
