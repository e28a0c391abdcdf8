import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../../src/store/open.ts';
import { databasePath } from '../../../src/store/sqlite/database.ts';
import { movedTables } from '../../../src/store/sqlite/moved-tables.ts';
import { account, entry, heldClock } from '../fixtures.ts';

/** Entries: several pages of rows. */
export const entries = 1203;

const contact = (n: number) => ({ account, contact: `+1555${n}` });

/** Rows that no simple call of the store makes, by table. */
const others: Readonly<Record<string, readonly Readonly<Record<string, string | number | null>>[]>> = {
  contacts: [1, 2, 3].map(n => ({
    ...contact(n),
    address: `+1555${n}`,
    seen: `1555${n}`,
    address_at: n,
    origin: 'message',
    name: n === 2 ? null : `Zoë \u{1f600} ${n}`,
    created_at: n,
  })),
  contact_identities: [1, 2, 3].map(n => ({
    ...contact(n),
    identity: `1555${n}`,
    until: 9_000_000_000_000_000,
    kind: 'phone',
    since: n,
  })),
  contact_conflicts: [{ ...contact(1), other: '+15552', identity: 'US.1', message: 'wamid.c', occurred_at: 4 }],
  contact_access: [
    { ...contact(1), state: 'approved', since: 1, decided_by: 'operator', code: null, lifetime: null, notice: null },
    { ...contact(2), state: 'pending', since: 2, decided_by: null, code: '123456', lifetime: 60, notice: 'notice' },
  ],
  contacts_forgotten: [{ digest: 'a' }, { digest: 'B' }, { digest: '\u00e4' }],
  messages_forgotten: [{ digest: 'm', happened_at: 1, at: 2 }],
  commands: [{ id: 'm5', text: '/status', state: 'done', target: null, target_run: null, target_session: null }],
  mutes: [{ account, conversation: 'lane', since: 1, until: null }],
  renewed_sessions: [{ account, session: 'lane', number: 3 }],
  restores: [{ at: 3, taken_at: 1, until: 2 }],
  wrong_codes: [{ at: 5 }, { at: 5 }, { at: 4 }],
};

/** Fills the inbox of a state directory: each of its tables has something, with odd signs and nothing in it too. */
export async function fill(dir: string): Promise<void> {
  const store = await openStore({ dir, clock: heldClock() });
  const ids = Array.from({ length: entries }, (_, n) => `m${n}`);
  await store.setCursor(account, 77);
  await store.accept(ids.map(id => entry(id, { body: JSON.stringify({ text: `${id} \u0000 \u{1f600} "' \\` }) })));
  for (const id of ids.slice(0, 9)) await store.settle(id, 'answered');
  await store.fail('m20', 'a reason\u0000 with a zero');
  await store.drop(['m30']);
  await store.close();
  const db = new DatabaseSync(databasePath(dir));
  db.exec("UPDATE entries SET outcome = 'command' WHERE id = 'm5'");
  for (const [table, rows] of Object.entries(others)) {
    for (const row of rows) {
      const names = Object.keys(row);
      db.prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${names.map(() => '?').join()})`).run(
        ...Object.values(row),
      );
    }
  }
  for (const seq of [1, 2, 3, 4]) {
    db.prepare(
      `INSERT INTO outbox (id, message, answer, account, lane, recipient, via, part, parts, body, state, created_at, updated_at)
       VALUES (?, 'm1', 'm1', ?, 'lane', '+15551', 'relay', 1, 1, 'words', 'sent', 1, 1)`,
    ).run(`o${seq}`, account);
  }
  // The number of a removed message is not given again.
  db.exec('DELETE FROM outbox WHERE seq = 4');
  for (const { name } of movedTables()) {
    if (db.prepare(`SELECT 1 FROM ${name}`).get() === undefined) addPlainRow(db, name);
  }
  db.close();
}

/** For a table that is not named above. */
function addPlainRow(db: DatabaseSync, table: string): void {
  const columns = db.prepare('SELECT name, type FROM pragma_table_info(?)').all(table);
  const values = columns.map(({ type }) => (type === 'TEXT' ? 'x' : 1));
  const names = columns.map(({ name }) => name).join();
  db.prepare(`INSERT INTO ${table} (${names}) VALUES (${values.map(() => '?').join()})`).run(...values);
}
