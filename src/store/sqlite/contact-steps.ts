import type { DatabaseSync } from 'node:sqlite';
import { type ContactStep, type Holding, present } from '../../domain/contact.ts';
import type { Identity } from '../../domain/identity.ts';
import type { ContactAddresses } from './contact-addresses.ts';
import { prepareAll } from './prepare.ts';
import type { Witness } from './witness.ts';

const statements = {
  bind: `INSERT OR IGNORE INTO contact_identities (account, identity, until, kind, contact, since, open, vouched, inherited)
    VALUES (:account, :identity, :until, :kind, :contact, :since, :open, :vouched,
      EXISTS (SELECT 1 FROM contact_identities WHERE account = :account AND identity = :identity AND contact <> :contact))`,
  shorten: `UPDATE OR REPLACE contact_identities SET until = :to, vouched = :vouched
    WHERE account = :account AND identity = :identity AND until = :until`,
  confirm: `UPDATE contact_identities SET since = min(since, :since), open = iif(:settled, 0, open)
    WHERE account = :account AND identity = :identity AND until = :until`,
  // With a bare parameter SQLite compiles the statement again for each value.
  next: `SELECT contact, until FROM contact_identities WHERE account = +? AND identity = +? AND until > +? ORDER BY until LIMIT 1`,
  conflict:
    'INSERT OR IGNORE INTO contact_conflicts VALUES (:account, :contact, :other, :identity, :message, :occurredAt)',
};

/** Returns a function that carries out what a message changes in the identities of its contact, inside a transaction. */
export function createContactSteps(
  db: DatabaseSync,
  addresses: ContactAddresses,
): (witness: Witness, contact: string, step: ContactStep) => void {
  const sql = prepareAll(db, statements);

  /** Another contact's identity is this one's from the time of the message on, or until the other one is known to have it. */
  function take({ account, occurredAt }: Witness, contact: string, { key, kind }: Identity, from: Holding): void {
    const mine = { account, identity: key, kind, contact, since: occurredAt, open: 0, vouched: 0 };
    if (occurredAt < from.since) {
      sql.bind.run({ ...mine, until: from.since - 1 });
      return;
    }
    sql.shorten.run({ account, ...placeOf(from), to: occurredAt - 1, vouched: 0 });
    addresses.leave(account, from.contact, occurredAt);
    const next = sql.next.get(account, key, from.until);
    if (next?.contact === contact) {
      sql.confirm.run({ account, identity: key, until: Number(next.until), since: occurredAt, settled: 0 });
    } else sql.bind.run({ ...mine, until: from.until });
  }

  return (witness, contact, step) => {
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
  };
}

function placeOf({ identity, until }: Holding): { identity: string; until: number } {
  return { identity, until };
}
