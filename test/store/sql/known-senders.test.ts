import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import type { KnownContact } from '../../../src/domain/contact.ts';
import { createKnownSenders } from '../../../src/store/sql/known-senders.ts';
import { finish } from '../../../src/store/sqlite/prepare.ts';
import { createSqliteDriver } from '../../../src/store/sqlite/sqlite-driver.ts';
import { heldClock } from '../fixtures.ts';
import { stepOf } from './step-of.ts';

const account = '106540352242922';
const from = { phone: '+15551234567', userId: null, parentId: null, name: null };
const at = 1_770_000_000_000;
const known = (approved: KnownContact['approved']): KnownContact => ({
  ...{ account, key: '+15551234567', address: '+15551234567', origin: '+15551234567', name: null },
  ...{ identities: [], approved, blocked: false },
});
const sendersOf = (db: DatabaseSync) => createKnownSenders(createSqliteDriver({ db, path: '', clock: heldClock() }));
const always = { since: 0, until: Number.MAX_SAFE_INTEGER };

it.each(['forget', 'noteAdded'] as const)(
  'what is read in a transaction that has changed contacts is not remembered: it may be undone (%s)',
  change => {
    using db = new DatabaseSync(':memory:');
    const senders = sendersOf(db);
    const transaction = { group: {} };
    senders[change](transaction);
    expect(finish(senders.find(account, from, at, transaction))).toBeNull();
    senders.keep(account, from, { known: known({ by: 'alice', at }), ...always });
    expect(finish(senders.find(account, from, at, { group: {} }))).toBeNull();
  },
);

it('what is read in the next transaction is remembered', () => {
  using db = new DatabaseSync(':memory:');
  const senders = sendersOf(db);
  senders.forget({ group: {} });
  const next = { group: {} };
  expect(finish(senders.find(account, from, at, next))).toBeNull();
  senders.keep(account, from, { known: known(null), ...always });
  expect(finish(senders.find(account, from, at, next))).toEqual(known(null));
});

it('what is known of a contact is read once, and again when this or another process may have changed it', () => {
  const dir = mkdtempSync(join(tmpdir(), 'kapso-senders-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  using db = new DatabaseSync(join(dir, 'db'));
  using other = new DatabaseSync(join(dir, 'db'));
  db.exec('PRAGMA journal_mode = WAL; CREATE TABLE contacts (name)');
  const senders = sendersOf(db);
  let reads = 0;
  const get = () =>
    finish(
      senders.get(account, '+15551234567', () =>
        stepOf(() => {
          reads += 1;
          return known({ by: 'alice', at: reads });
        }),
      ),
    );
  const approvedAt = (times: number) => Array.from({ length: times }, () => get()?.approved?.at);
  expect(approvedAt(3)).toEqual([1, 1, 1]);
  db.exec("INSERT INTO contacts VALUES ('own')");
  expect(approvedAt(1)).toEqual([1]);
  senders.forget({ group: {} });
  expect(approvedAt(2)).toEqual([2, 2]);
  other.exec("INSERT INTO contacts VALUES ('foreign')");
  expect(approvedAt(2)).toEqual([3, 3]);
});

it('a contact that nobody knows is looked for each time', () => {
  using db = new DatabaseSync(':memory:');
  const senders = sendersOf(db);
  const get = (found: KnownContact | null) => finish(senders.get(account, '+15551234567', () => stepOf(() => found)));
  expect(get(null)).toBeNull();
  expect(get(known(null))).toEqual(known(null));
});
