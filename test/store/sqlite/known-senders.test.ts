import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import type { KnownContact } from '../../../src/domain/contact.ts';
import { createKnownSenders } from '../../../src/store/sqlite/known-senders.ts';

const account = '106540352242922';
const from = { phone: '+15551234567', userId: null, parentId: null, name: null };
const at = 1_770_000_000_000;
const known = (approved: KnownContact['approved']): KnownContact => ({
  ...{ account, key: '+15551234567', address: '+15551234567', origin: '+15551234567', name: null },
  ...{ identities: [], approved, blocked: false },
});
const always = { since: 0, until: Number.MAX_SAFE_INTEGER };

it.each(['forget', 'noteAdded'] as const)(
  'what is read in a transaction that has changed contacts is not remembered: it may be undone (%s)',
  change => {
    using db = new DatabaseSync(':memory:');
    const senders = createKnownSenders(db);
    const transaction = { group: {} };
    senders[change](transaction);
    expect(senders.find(account, from, at, transaction)).toBeNull();
    senders.keep(account, from, { known: known({ by: 'alice', at }), ...always });
    expect(senders.find(account, from, at, { group: {} })).toBeNull();
  },
);

it('what is read in the next transaction is remembered', () => {
  using db = new DatabaseSync(':memory:');
  const senders = createKnownSenders(db);
  senders.forget({ group: {} });
  const next = { group: {} };
  expect(senders.find(account, from, at, next)).toBeNull();
  senders.keep(account, from, { known: known(null), ...always });
  expect(senders.find(account, from, at, next)).toEqual(known(null));
});
