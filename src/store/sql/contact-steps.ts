import { type ContactStep, type Holding, present } from '../../domain/contact.ts';
import type { Identity } from '../../domain/identity.ts';
import type { ContactAddresses } from './contact-addresses.ts';
import type { PrepareAll, Step } from './step.ts';
import type { Witness } from './witness.ts';

const statements = {
  bind: `INSERT INTO contact_identities (account, identity, until, kind, contact, since, open, vouched, inherited)
    VALUES (:account, :identity, :until, :kind, :contact, :since, :open, :vouched, CASE WHEN EXISTS (
      SELECT 1 FROM contact_identities WHERE account = :account AND identity = :identity AND contact <> :contact
    ) THEN 1 ELSE 0 END)
    ON CONFLICT DO NOTHING`,
  // What has ended at this moment before gives way.
  makeRoom: `DELETE FROM contact_identities WHERE account = :account AND identity = :identity AND until = :to AND until <> :until
    AND EXISTS (SELECT 1 FROM contact_identities AS one
      WHERE one.account = :account AND one.identity = :identity AND one.until = :until)`,
  shorten: `UPDATE contact_identities SET until = :to, vouched = :vouched
    WHERE account = :account AND identity = :identity AND until = :until`,
  confirm: `UPDATE contact_identities SET since = CASE WHEN since < :since THEN since ELSE :since END,
      open = CASE WHEN :settled <> 0 THEN 0 ELSE open END
    WHERE account = :account AND identity = :identity AND until = :until`,
  // With a bare parameter SQLite compiles the statement again for each value.
  next: `SELECT contact, until FROM contact_identities WHERE account = +? AND identity = +? AND until > +? ORDER BY until LIMIT 1`,
  conflict: `INSERT INTO contact_conflicts VALUES (:account, :contact, :other, :identity, :message, :occurredAt)
    ON CONFLICT DO NOTHING`,
};

/** Returns a function that carries out what a message changes in the identities of its contact, inside a transaction. */
export function createContactSteps(
  prepareAll: PrepareAll,
  addresses: ContactAddresses,
): (witness: Witness, contact: string, step: ContactStep) => Step<void> {
  const sql = prepareAll(statements);

  function* shorten(account: string, holding: Holding, { to, vouched }: { to: number; vouched: number }): Step<void> {
    const place = { account, ...placeOf(holding), to };
    yield* sql.makeRoom.send(place);
    yield* sql.shorten.send({ ...place, vouched });
  }

  /** Another contact's identity is this one's from the time of the message on, or until the other one is known to have it. */
  function* take(
    { account, occurredAt }: Witness,
    contact: string,
    { key, kind }: Identity,
    from: Holding,
  ): Step<void> {
    const mine = { account, identity: key, kind, contact, since: occurredAt, open: 0, vouched: 0 };
    if (occurredAt < from.since) {
      yield* sql.bind.send({ ...mine, until: from.since - 1 });
      return;
    }
    yield* shorten(account, from, { to: occurredAt - 1, vouched: 0 });
    yield* addresses.leave(account, from.contact, occurredAt);
    const next = yield* sql.next.get(account, key, from.until);
    if (next?.contact === contact) {
      yield* sql.confirm.send({ account, identity: key, until: Number(next.until), since: occurredAt, settled: 0 });
    } else yield* sql.bind.send({ ...mine, until: from.until });
  }

  return function* (witness, contact, step) {
    const { account, occurredAt, message } = witness;
    const bind = (
      { key, kind }: Identity,
      over: { since?: number; until?: number; open?: boolean; vouched?: boolean },
    ) => {
      const { since = occurredAt, until = present, open = false, vouched = false } = over;
      const marks = { open: Number(open), vouched: Number(vouched) };
      return sql.bind.send({ account, identity: key, until, kind, contact, since, ...marks });
    };
    switch (step.do) {
      case 'bind':
        yield* bind(step.identity, { open: step.open });
        break;
      case 'bind as former':
        yield* bind(step.identity, { until: occurredAt, vouched: true });
        break;
      case 'take':
        yield* take(witness, contact, step.identity, step.from);
        break;
      case 'end':
        yield* shorten(account, step.holding, { to: occurredAt, vouched: 1 });
        break;
      case 'confirm':
        yield* sql.confirm.send({
          account,
          ...placeOf(step.holding),
          since: occurredAt,
          settled: Number(step.settled),
        });
        break;
      case 'note conflict':
        yield* sql.conflict.send({ account, contact, other: step.other, identity: step.identity, message, occurredAt });
    }
  };
}

function placeOf({ identity, until }: Holding): { identity: string; until: number } {
  return { identity, until };
}
