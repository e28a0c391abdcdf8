import { type Holding, type KnownContact, type KnownIdentity, present } from '../../domain/contact.ts';
import type { IdentityKind } from '../../domain/identity.ts';
import type { AccessState } from '../access.ts';
import type { ContactConflict } from '../contacts.ts';
import type { PrepareAll, Step } from './step.ts';

const holding = 'identity, kind, contact, since, until, open';
const contact = `contacts.account, contacts.contact AS key, address, origin, name, decision.state AS decision,
  decision.decided_by AS decidedBy, decision.since AS decidedAt
  FROM contacts LEFT JOIN contact_access AS decision
    ON decision.account = contacts.account AND decision.contact = contacts.contact`;

const statements = {
  holder: `SELECT ${holding} FROM contact_identities WHERE account = +? AND identity = +? AND until >= +? ORDER BY until LIMIT 1`,
  of: `SELECT ${holding} FROM contact_identities INDEXED BY contact_identities_of
    WHERE account = ? AND contact = ? AND kind = +? AND until >= +?`,
  identities: `SELECT kind, identity, until < ${present} AS former, inherited
    FROM contact_identities INDEXED BY contact_identities_of
    WHERE account = +? AND contact = +? AND (until = ${present} OR vouched <> 0) ORDER BY until DESC, identity`,
  get: `SELECT ${contact} WHERE contacts.account = +? AND contacts.contact = +?`,
  all: `SELECT ${contact} ORDER BY contacts.account, contacts.contact`,
  allOf: `SELECT ${contact} WHERE contacts.account = +? ORDER BY contacts.contact`,
  disputed: 'SELECT 1 AS found FROM contact_conflicts WHERE account = +? AND identity = +? AND other = +? LIMIT 1',
  conflicts: `SELECT account, contact, other, identity, message, occurred_at AS occurredAt FROM contact_conflicts
    ORDER BY occurred_at, account, contact`,
};

/** A contact, and what an operator has decided about it. */
interface Row extends Omit<KnownContact, 'identities' | 'approved' | 'blocked'> {
  decision: AccessState | null;
  decidedBy: string;
  decidedAt: number;
}

/** Reads contacts. Each method is a step to run inside a transaction, or a read of its own. */
export interface ContactReads {
  holderAt(account: string, identity: string, time: number): Step<Holding | null>;
  holdingsOf(account: string, contact: string, kind: IdentityKind, time: number): Step<Holding[]>;
  isDisputed(account: string, identity: string, contact: string): Step<boolean>;
  get(account: string, contact: string): Step<KnownContact | null>;
  list(account?: string): Step<KnownContact[]>;
  conflicts(account?: string): Step<ContactConflict[]>;
}

export function createContactReads(prepareAll: PrepareAll): ContactReads {
  const sql = prepareAll(statements);

  function* complete(row: Record<string, unknown>): Step<KnownContact> {
    const { decision, decidedBy, decidedAt, ...known } = row as unknown as Row;
    const identities = (yield* sql.identities.all(known.account, known.key)).map(toIdentity);
    const approved = decision === 'approved' ? { by: decidedBy, at: decidedAt } : null;
    return { ...known, identities, approved, blocked: decision === 'blocked' };
  }

  return {
    *holderAt(account, identity, time) {
      return toHolding(yield* sql.holder.get(account, identity, time));
    },
    *holdingsOf(account, of, kind, time) {
      return (yield* sql.of.all(account, of, kind, time)).flatMap(row => toHolding(row) ?? []);
    },
    *isDisputed(account, identity, of) {
      return (yield* sql.disputed.get(account, identity, of)) !== undefined;
    },
    *get(account, of) {
      const row = yield* sql.get.get(account, of);
      return row === undefined ? null : yield* complete(row);
    },
    *list(account) {
      const contacts: KnownContact[] = [];
      for (const row of yield* account === undefined ? sql.all.all() : sql.allOf.all(account))
        contacts.push(yield* complete(row));
      return contacts;
    },
    *conflicts(account) {
      return (yield* sql.conflicts.all())
        .map(row => row as unknown as ContactConflict)
        .filter(one => account === undefined || one.account === account);
    },
  };
}

function toHolding(row: Record<string, unknown> | undefined): Holding | null {
  return row === undefined ? null : ({ ...row, open: Boolean(row.open) } as unknown as Holding);
}

function toIdentity({ kind, identity, former, inherited }: Record<string, unknown>): KnownIdentity {
  const names = { kind, identity } as Pick<KnownIdentity, 'kind' | 'identity'>;
  return { ...names, former: Boolean(former), inherited: Boolean(inherited) };
}
