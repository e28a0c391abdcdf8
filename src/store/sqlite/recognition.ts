import { createHash } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import {
  type ContactStep,
  type Holding,
  type KnownContact,
  present,
  recognise,
  type Sighting,
} from '../../domain/contact.ts';
import { firstIdentity, type Identity, keyOf, listIdentities } from '../../domain/identity.ts';
import type { ContactReads } from './contact-reads.ts';
import type { Transaction } from './group-commit.ts';
import type { KnownSenders } from './known-senders.ts';
import { prepareAll } from './prepare.ts';

/** A message, as far as it shows who wrote it. */
export interface Witness {
  account: string;
  from: Sighting;
  /** The message's id. */
  message: string;
  /** When it happened, and the date of this change. */
  occurredAt: number;
  at: number;
}

/**
 * Finds the contact of a message, and keeps what the message shows of it. Each method is a step to run inside the
 * transaction that keeps the message. A new contact is named by its first identity, with a number when that is taken.
 */
export interface Recognition {
  of(witness: Witness, transaction: Transaction): KnownContact;
  /** The same, and a new contact is named by `key`. */
  named(witness: Witness, key: string): KnownContact;
  /** Makes a contact of its own of an identity that another one has. Returns it. */
  separate(account: string, holding: Holding, at: number): KnownContact;
}

/** Milliseconds. When a contact was heard is kept as exactly as this, so that hardly any message writes it. */
const heardEvery = 30 * 86_400_000;

const statements = {
  bind: `INSERT OR IGNORE INTO contact_identities (account, identity, until, kind, contact, since, open, vouched, inherited)
    VALUES (:account, :identity, :until, :kind, :contact, :since, :open, :vouched,
      EXISTS (SELECT 1 FROM contact_identities WHERE account = :account AND identity = :identity AND contact <> :contact))`,
  // With a bare parameter SQLite compiles the statement again for each value.
  heldSince: `SELECT max(iif(until = ${present}, since, until + 1)) AS since FROM contact_identities
    WHERE account = +? AND identity = +?`,
  shorten: `UPDATE OR REPLACE contact_identities SET until = :to, vouched = :vouched
    WHERE account = :account AND identity = :identity AND until = :until`,
  confirm: `UPDATE contact_identities SET since = min(since, :since), open = iif(:settled, 0, open)
    WHERE account = :account AND identity = :identity AND until = :until`,
  next: `SELECT contact, until FROM contact_identities WHERE account = +? AND identity = +? AND until > +? ORDER BY until LIMIT 1`,
  conflict:
    'INSERT OR IGNORE INTO contact_conflicts VALUES (:account, :contact, :other, :identity, :message, :occurredAt)',
  taken: 'SELECT 1 AS found FROM contacts WHERE account = ? AND contact = ?',
  add: `INSERT INTO contacts (account, contact, address, seen, address_at, origin, name, created_at)
    VALUES (:account, :contact, :address, :address, :occurredAt, :origin, :name, :at)`,
  give: `UPDATE contact_identities SET contact = :contact, inherited = 1, open = 0
    WHERE account = :account AND identity = :identity AND until = ${present}`,
  addressed: 'SELECT address, seen, address_at AS at, name FROM contacts WHERE account = ? AND contact = ?',
  address: `UPDATE contacts SET address = :address, seen = :address, address_at = :occurredAt
    WHERE account = :account AND contact = :contact`,
  heard: 'SELECT heard_at AS heardAt FROM contacts WHERE account = +? AND contact = +?',
  noteHeard: `UPDATE contacts SET heard_at = :occurredAt WHERE account = +:account AND contact = +:contact
    AND (heard_at IS NULL OR heard_at < :occurredAt - ${heardEvery})`,
  forgotten: 'SELECT 1 AS found FROM contacts_forgotten WHERE digest = ?',
  name: 'UPDATE contacts SET name = :name WHERE account = :account AND contact = :contact',
};

interface Addressed {
  address: string;
  seen: string;
  at: number;
  name: string | null;
}

export function createRecognition(db: DatabaseSync, reads: ContactReads, senders: KnownSenders): Recognition {
  const sql = prepareAll(db, statements);

  /** Names a new contact, and stores it. */
  function create(witness: Witness, key?: string): string {
    const { from } = witness;
    const isNotice = from.change !== undefined && listIdentities(from.change.before).length > 0;
    const first = firstIdentity(isNotice && from.change ? from.change.before : from);
    return add({ ...witness, first, name: from.name, base: key ?? first.key });
  }

  function add(
    contact: Omit<Witness, 'from' | 'message'> & { first: Identity; name: string | null; base: string },
  ): string {
    const { account, first, name, base, occurredAt, at } = contact;
    let key = base;
    const isTaken = () => sql.taken.get(account, key) ?? sql.forgotten.get(digestOf(account, key));
    for (let number = 2; isTaken(); number += 1) key = `${base}~${number}`;
    const origin = `${first.address}${key.slice(base.length)}`;
    sql.add.run({ account, contact: key, address: first.address, occurredAt, origin, name, at });
    return key;
  }

  function carryOut(witness: Witness, contact: string, step: ContactStep): void {
    const { account, occurredAt, message } = witness;
    const bind = (
      { key, kind }: Identity,
      over: { since?: number; until?: number; open?: boolean; vouched?: boolean },
    ) => {
      const { since = occurredAt, until = present, open = false, vouched = false } = over;
      const marks = { open: Number(open), vouched: Number(vouched) };
      sql.bind.run({ account, identity: key, until, kind, contact, since, ...marks });
    };
    switch (step.do) {
      case 'bind':
        bind(step.identity, { open: step.open });
        break;
      case 'bind as former':
        bind(step.identity, { until: occurredAt, vouched: true });
        break;
      case 'take':
        take(witness, contact, step.identity, step.from);
        break;
      case 'end':
        sql.shorten.run({ account, ...placeOf(step.holding), to: occurredAt, vouched: 1 });
        break;
      case 'confirm':
        sql.confirm.run({ account, ...placeOf(step.holding), since: occurredAt, settled: Number(step.settled) });
        break;
      case 'note conflict':
        sql.conflict.run({ account, contact, other: step.other, identity: step.identity, message, occurredAt });
    }
  }

  /** Another contact's identity is this one's from the time of the message on, or until the other one is known to have it. */
  function take({ account, occurredAt }: Witness, contact: string, { key, kind }: Identity, from: Holding): void {
    const mine = { account, identity: key, kind, contact, since: occurredAt, open: 0, vouched: 0 };
    if (occurredAt < from.since) {
      sql.bind.run({ ...mine, until: from.since - 1 });
      return;
    }
    sql.shorten.run({ account, ...placeOf(from), to: occurredAt - 1, vouched: 0 });
    leaveAddress(account, from.contact, occurredAt);
    const next = sql.next.get(account, key, from.until);
    if (next?.contact === contact) {
      sql.confirm.run({ account, identity: key, until: Number(next.until), since: occurredAt, settled: 0 });
    } else sql.bind.run({ ...mine, until: from.until });
  }

  /** Keeps where the contact is answered, and its name. Returns whether that is new. */
  function keepAddress({ account, from, occurredAt }: Witness, contact: string): boolean {
    const known = sql.addressed.get(account, contact) as unknown as Addressed;
    const said = listIdentities(from.change?.after ?? from);
    const address = said.find(({ kind }) => kind === 'phone') ?? (known.seen.startsWith('+') ? undefined : said[0]);
    const isNew = address !== undefined && address.address !== known.seen;
    // An earlier message says where to answer only when what was said later is over.
    const isLatest = occurredAt >= known.at;
    const moves = isNew && (isLatest || (!has(account, contact, known.seen) && has(account, contact, address.address)));
    if (moves) sql.address.run({ account, contact, address: address.address, occurredAt });
    const isRenamed = from.name !== null && from.name !== known.name;
    if (isRenamed) sql.name.run({ account, contact, name: from.name });
    return moves || isRenamed;
  }

  const has = (account: string, contact: string, address: string) =>
    reads.holderAt(account, keyOf(address), present)?.contact === contact;

  /** Gives a contact that has lost the address that it is answered at another one. Nobody else's answer may go there. */
  function leaveAddress(account: string, contact: string, occurredAt: number): void {
    const { seen } = sql.addressed.get(account, contact) as unknown as Addressed;
    if (has(account, contact, seen)) return;
    const rest = (['phone', 'user', 'parent'] as const).flatMap(kind =>
      reads.holdingsOf(account, contact, kind, present),
    );
    sql.address.run({ account, contact, address: rest[0]?.identity ?? '', occurredAt });
  }

  /** Keeps about when the contact was heard last. Returns whether that is new. */
  function noteHeard(account: string, contact: string, occurredAt: number): boolean {
    return sql.noteHeard.run({ account, contact, occurredAt }).changes === 1;
  }

  /** Since when another message that says the same would change nothing; null when this one did, or a later one would. */
  function unchangedSince({ account, from }: Witness, contact: string): number | null {
    const said = listIdentities(from);
    const phone = said.find(({ kind }) => kind === 'phone')?.address;
    if (phone !== undefined && phone !== (sql.addressed.get(account, contact) as unknown as Addressed).seen)
      return null;
    return Math.max(...said.map(({ key }) => Number(sql.heldSince.get(account, key)?.since)));
  }

  function look(witness: Witness, key?: string): { known: KnownContact; changed: boolean } {
    const { account, from, occurredAt } = witness;
    const found = recognise(from, occurredAt, {
      at: (identity, time) => reads.holderAt(account, identity, time),
      of: (contact, kind, time) => reads.holdingsOf(account, contact, kind, time),
      isDisputed: (identity, contact) => reads.isDisputed(account, identity, contact),
    });
    const contact = found.contact ?? create(witness, key);
    for (const step of found.steps) carryOut(witness, contact, step);
    const moved = keepAddress(witness, contact);
    const heard = noteHeard(account, contact, occurredAt);
    const known = reads.get(account, contact);
    if (known === null) throw new Error(`the contact ${contact} was not kept`);
    const changed = moved || heard || found.steps.length > 0;
    const isAdded = found.contact === null && found.steps.every(step => step.do === 'bind');
    if (isAdded) senders.noteAdded();
    else if (changed) senders.forget();
    return { known, changed };
  }

  return {
    of(witness, transaction) {
      const { account, from, occurredAt } = witness;
      const remembered = senders.find(account, from, occurredAt, transaction);
      if (remembered !== null) return remembered;
      const { known, changed } = look(witness);
      const since = changed ? null : unchangedSince(witness, known.key);
      const until = Number(sql.heard.get(account, known.key)?.heardAt) + heardEvery;
      if (since !== null) senders.keep(account, from, { known, since, until });
      return known;
    },
    named(witness, key) {
      senders.forget();
      return look(witness, key).known;
    },
    separate(account, { identity, kind, contact: before, since }, at) {
      senders.forget();
      const { address: answered } = sql.addressed.get(account, before) as unknown as Addressed;
      const address = keyOf(answered) === identity ? answered : identity;
      const first = { kind, key: identity, address };
      const contact = add({ account, first, name: null, base: identity, occurredAt: since, at });
      sql.give.run({ account, identity, contact });
      leaveAddress(account, before, at);
      const known = reads.get(account, contact);
      if (known === null) throw new Error(`the contact ${contact} was not kept`);
      return known;
    },
  };
}

/** What is kept of the name of a contact that was forgotten: its session at the agent may still be there. */
export function digestOf(account: string, contact: string): string {
  return createHash('sha256').update(`${account}\n${contact}`).digest('base64url');
}

function placeOf({ identity, until }: Holding): { identity: string; until: number } {
  return { identity, until };
}
